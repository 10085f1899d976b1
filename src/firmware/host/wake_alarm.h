// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>

#include "base/posix/posix_clock.h"
#include "base/posix/unique_fd.h"

namespace torpor {

// A timer that wakes a suspended machine. One at a time.
class WakeAlarm {
 public:
  virtual ~WakeAlarm() = default;
  // Replaces what was armed. suspend_alarm_refused.
  virtual Status arm(BootTime at) = 0;
  virtual void disarm() = 0;
};

// The kernel's own: a timerfd on CLOCK_BOOTTIME_ALARM, which programs the RTC when the
// machine is suspended. Nothing else has to be written to, and no other alarm is lost.
class BoottimeAlarm final : public WakeAlarm {
 public:
  // suspend_alarm_refused: this process lacks CAP_WAKE_ALARM, or the kernel has no such timer.
  static Result<std::unique_ptr<BoottimeAlarm>> make(const PosixClock& clock);
  Status arm(BootTime at) override;
  void disarm() override;

 private:
  BoottimeAlarm(const PosixClock& clock, UniqueFd timer) : clock_(clock), timer_(std::move(timer)) {}
  const PosixClock& clock_;
  UniqueFd timer_;
};

}  // namespace torpor
