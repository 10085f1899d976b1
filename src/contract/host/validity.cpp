// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/validity.h"

#include <algorithm>

#include "base/assertion.h"
#include "base/utc.h"
#include "contract/field_table.h"

namespace torpor {
namespace {

// Whole seconds, as contracts count; floor also before 1970, where a clock without a battery stands.
std::int64_t wall_s(const TimeStamp& now) {
  return std::chrono::floor<std::chrono::seconds>(now.wall.time_since_epoch()).count();
}

}  // namespace

std::optional<std::int64_t> AgreedTime::observe(const TimeStamp& now) {
  if (!now.synchronised) return std::nullopt;
  const Duration offset = now.wall.time_since_epoch() - now.boot.time_since_epoch();
  const Duration off = offset > offset_ ? offset - offset_ : offset_ - offset;
  if (readings_ == 0 || off > kTolerance || now.boot < since_) {
    readings_ = 0;
    since_ = now.boot;
    offset_ = offset;
  }
  if (readings_ < kReadings) ++readings_;
  TORPOR_ASSERT(now.boot >= since_, "contract.readings_agree_forward_in_time");
  if (readings_ < kReadings || now.boot - since_ < kSpan) return std::nullopt;
  // The slow drift of an oscillator, or a leap second, is followed: it is no jump.
  offset_ = offset;
  return wall_s(now);
}

std::int64_t follow_trusted_time(std::int64_t trusted_s, const Terms& terms,
                                 std::optional<std::int64_t> agreed_s) {
  return std::max(agreed_s.value_or(trusted_s), terms.not_before_s);
}

bool certainly_expired(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s) {
  return (now.synchronised ? wall_s(now) : trusted_s) >= terms.expires_s;
}

Status check_start_time(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s,
                        std::string_view what) {
  Error error{};
  // Without a synchronised clock not_before says nothing: a robot that boots in 1970 must start.
  if (now.synchronised && wall_s(now) < terms.not_before_s) {
    error.reason = Reason::contract_not_yet_valid;
    error.where << what << ": not_before";
    error.found << utc_text(terms.not_before_s);
    error.expected << "at most " << utc_text(wall_s(now)) << ", the synchronised clock";
    return error;
  }
  if (certainly_expired(terms, now, trusted_s)) {
    const bool by_clock = now.synchronised;
    error.reason = Reason::contract_expired;
    error.where << what << ": expires";
    error.found << utc_text(terms.expires_s);
    error.expected << "later than " << utc_text(by_clock ? wall_s(now) : trusted_s)
                   << (by_clock ? ", the synchronised clock" : ", trusted time");
    return error;
  }
  return {};
}

}  // namespace torpor
