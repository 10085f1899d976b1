// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fixed_string.h"

namespace torpor {

// What keeps a clock from dating anything.
enum class ClockWait : std::uint8_t {
  nothing,
  time_service,   // nobody has set this clock
  contract_time,  // it reads less than the contract's not_before
  answer,         // the server has not been heard since this clock was set or stepped
  server_clock,   // it is ahead of the server's: one of the two is wrong
};

// Holds timestamps back until one server can take them. One sample hours in the future makes a
// Prometheus without an out-of-order window refuse every robot of its block, so a robot
// must prove its clock before it may date anything for that server:
//  - the clock is kept by a time service and reads no less than the bundle's not-before;
//  - the server's own Date, where it gives one, is not behind by more than kMaxAhead;
//  - since then wall time has not stepped by more than kMaxStep against boottime.
// A clock that is behind harms nobody else and is the server's to refuse. Where the two clocks
// still differ after kPatience the server's is followed: shift() is added to every date, so that
// nothing lies in that server's future, whichever of the two is wrong. Pure; one thread.
class ClockGate {
 public:
  static constexpr Duration kMaxAhead = std::chrono::minutes(2);
  static constexpr Duration kMaxStep = std::chrono::minutes(1);
  static constexpr Duration kPatience = std::chrono::hours(1);

  ClockGate(std::int64_t not_before_s, const FixedString<36>& boot_id, Duration patience = kPatience)
      : not_before_(std::chrono::seconds(not_before_s)), boot_id_(boot_id), patience_(patience) {}

  // Closed but worth asking the server what time it is.
  [[nodiscard]] bool may_ask(const TimeStamp& now) const { return plausible(now) && !is_open(now); }
  [[nodiscard]] bool is_open(const TimeStamp& now) const;
  // What it is closed for; nothing while it is open.
  ClockWait waits_for(const TimeStamp& now) const;
  // After every answer of a server; `date` is what it gave.
  void hear(const TimeStamp& now, std::optional<WallTime> date);
  [[nodiscard]] bool has_heard() const { return heard_; }
  // How far this clock was ahead of the server's when it was last heard.
  Duration ahead() const { return ahead_; }
  // 0 but where the server's clock is followed.
  Duration shift() const { return shift_; }

  // The wall time of a reading taken earlier, where the gate is open at `now`, by this clock: without
  // shift(). A reading of this boot that was not synchronised, or was off, is dated by its boottime; one
  // of another boot that was not synchronised never can be: nothing. Readings of a scaled clock are
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
  Duration patience_;
  std::optional<Duration> offset_;  // wall - boottime when the clock was last proven
  bool heard_ = false;
  Duration ahead_{};
  std::optional<BootTime> ahead_since_;  // while the server's clock is waited for
  Duration shift_{};
};

// What `gate` waits for or follows, for people: "waits for ..", "follows ..", "trusts this clock".
FixedString<160> words_of(const ClockGate& gate, const TimeStamp& now);

}  // namespace torpor
