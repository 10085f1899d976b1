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

std::int64_t raise_trusted_time(std::int64_t trusted_s, const Terms& terms, const TimeStamp& now) {
  std::int64_t raised = std::max(trusted_s, terms.not_before_s);
  if (now.synchronised && wall_s(now) <= raised + kMaxTrustedStepS) raised = std::max(raised, wall_s(now));
  TORPOR_ASSERT(raised >= trusted_s, "contract.trusted_time_never_goes_back");
  return raised;
}

bool certainly_expired(const Terms& terms, const TimeStamp& now, std::int64_t trusted_s) {
  return trusted_s >= terms.expires_s || (now.synchronised && wall_s(now) >= terms.expires_s);
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
    // Trusted time only rises: a clock that was turned back does not revive a contract.
    const bool by_clock = now.synchronised && wall_s(now) >= terms.expires_s;
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
