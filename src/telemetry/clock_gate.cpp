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

void ClockGate::hear(const TimeStamp& now, std::optional<WallTime> date) {
  const bool ahead = date && now.wall - *date > kMaxAhead;
  offset_ = plausible(now) && !ahead ? std::optional(offset_of(now)) : std::nullopt;
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
