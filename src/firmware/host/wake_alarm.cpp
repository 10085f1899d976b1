// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/host/wake_alarm.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>

namespace torpor {
namespace {

Error refused() {
  Error error{.reason = Reason::suspend_alarm_refused, .where = "CLOCK_BOOTTIME_ALARM"};
  error.os_code = errno;
  return error;
}

}  // namespace

Result<std::unique_ptr<BoottimeAlarm>> BoottimeAlarm::make(const PosixClock& clock) {
  // Fails with EPERM without CAP_WAKE_ALARM: the caller then tries the RTC's wakealarm.
  UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return refused();
  return std::unique_ptr<BoottimeAlarm>(new BoottimeAlarm(clock, std::move(timer)));
}

Status BoottimeAlarm::arm(BootTime at) {
  itimerspec spec{};
  const std::int64_t ns = std::max<std::int64_t>(1, clock_.kernel_boottime_ns(at));  // 0 would disarm
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) != 0) return refused();
  return {};
}

void BoottimeAlarm::disarm() {
  const itimerspec never{};
  // It cannot fail on a timer that was made; if it did, an alarm too many wakes the machine.
  static_cast<void>(::timerfd_settime(timer_.get(), 0, &never, nullptr));
}

}  // namespace torpor
