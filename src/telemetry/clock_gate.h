// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fixed_string.h"

namespace torpor {

// Holds timestamps back until they can be trusted. One sample hours in the future makes a
// Prometheus without an out-of-order window refuse every robot of its block, so a robot
// must prove its clock before it may date anything:
//  - the clock is kept by a time service and reads no less than the bundle's not-before;
//  - the server's own Date, where it gives one, is not behind by more than kMaxAhead;
//  - since then wall time has not stepped by more than kMaxStep against boottime.
// A clock that is behind harms nobody else and is the server's to refuse. Pure; one thread.
class ClockGate {
 public:
  static constexpr Duration kMaxAhead = std::chrono::minutes(2);
  static constexpr Duration kMaxStep = std::chrono::minutes(1);

  ClockGate(std::int64_t not_before_s, const FixedString<36>& boot_id)
      : not_before_(std::chrono::seconds(not_before_s)), boot_id_(boot_id) {}

  // Closed but worth asking the server what time it is.
  [[nodiscard]] bool may_ask(const TimeStamp& now) const { return plausible(now) && !is_open(now); }
  [[nodiscard]] bool is_open(const TimeStamp& now) const;
  // After every answer of a server; `date` is what it gave.
  void hear(const TimeStamp& now, std::optional<WallTime> date);

  // The wall time of a reading taken earlier, where the gate is open at `now`. A reading of
  // this boot that was not synchronised, or was off, is dated by its boottime; one of another
  // boot that was not synchronised never can be: nothing. Readings of a scaled clock are
  // taken as they are.
  struct Reading {
    TimeStamp at;
    FixedString<36> boot_id;
    bool scaled = false;  // of a clock that does not run at real time
  };
  std::optional<WallTime> date_of(const Reading& reading, const TimeStamp& now) const;

 private:
  [[nodiscard]] bool plausible(const TimeStamp& now) const {
    return now.synchronised && now.wall >= not_before_;
  }

  WallTime not_before_;
  FixedString<36> boot_id_;
  std::optional<Duration> offset_;  // wall - boottime when the clock was last proven
};

}  // namespace torpor
