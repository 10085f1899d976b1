// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/clock_gate.h"

namespace torpor {
namespace {

Duration offset_of(const TimeStamp& at) { return at.wall.time_since_epoch() - at.boot.time_since_epoch(); }

}  // namespace

bool ClockGate::is_open(const TimeStamp& now) const {
  return plausible(now) && offset_ && std::chrono::abs(offset_of(now) - *offset_) <= kMaxStep;
}

ClockWait ClockGate::waits_for(const TimeStamp& now) const {
  if (is_open(now)) return ClockWait::nothing;
  if (!now.synchronised) return ClockWait::time_service;
  if (!plausible(now)) return ClockWait::contract_time;
  return ahead_since_ ? ClockWait::server_clock : ClockWait::answer;
}

void ClockGate::hear(const TimeStamp& now, std::optional<WallTime> date) {
  heard_ = true;
  offset_.reset();
  if (!plausible(now)) return;
  ahead_ = date ? now.wall - *date : Duration::zero();
  if (ahead_ <= kMaxAhead) {
    shift_ = {};
    ahead_since_.reset();
  } else {
    if (!ahead_since_) ahead_since_ = now.boot;
    if (now.boot - *ahead_since_ < patience_) return;
    // Kept where it still fits: what is sent twice must have one date.
    if (shift_ == Duration::zero() || std::chrono::abs(ahead_ + shift_) > kMaxAhead) shift_ = -ahead_;
  }
  offset_ = offset_of(now);
}

FixedString<160> words_of(const ClockGate& gate, const TimeStamp& now) {
  const std::int64_t ahead_s = std::chrono::duration_cast<std::chrono::seconds>(gate.ahead()).count();
  FixedString<160> words;
  switch (gate.waits_for(now)) {
    case ClockWait::time_service:
      return words << "waits for a time service to set this clock";
    case ClockWait::contract_time:
      return words << "waits until this clock reads no less than the contract's not_before";
    case ClockWait::answer:
      return words << "waits for an answer that says what time it is there";
    case ClockWait::server_clock:
      return words << "waits: this clock is " << ahead_s << " s ahead of the server's; after an hour "
                   << "that one is followed";
    case ClockWait::nothing:
      break;
  }
  if (gate.shift() == Duration::zero()) return words << "trusts this clock";
  return words << "follows the server's clock, " << ahead_s << " s behind this one";
}

std::optional<WallTime> ClockGate::date_of(const Reading& reading, const TimeStamp& now) const {
  const TimeStamp& at = reading.at;
  const bool sound = at.synchronised && at.wall >= not_before_ && at.wall - now.wall <= kMaxAhead;
  const bool same_boot = reading.boot_id == boot_id_ && at.boot <= now.boot;
  if (reading.scaled || !same_boot) return sound ? std::optional(at.wall) : std::nullopt;
  const Duration offset = offset_of(now);
  if (sound && std::chrono::abs(offset_of(at) - offset) <= kMaxStep) return at.wall;
  return WallTime(at.boot.time_since_epoch() + offset);
}

}  // namespace torpor
