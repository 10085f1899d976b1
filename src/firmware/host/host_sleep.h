// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/system_tree.h"
#include "firmware/host/wake_alarm.h"
#include "firmware/system_sleep.h"

namespace torpor {

// What suspend needs of a Linux machine, and what of it is there. The doctor shows it; the
// sampler says it at its start. Heap.
struct SuspendMeans {
  std::optional<Error> missing;    // suspend_unsupported, suspend_denied, suspend_no_alarm
  FixedString<48> level;           // of /sys/power/mem_sleep: "s2idle [deep]", empty where there is none
  FixedString<96> rtc_wake_alarm;  // path of an RTC's wakealarm, empty: no RTC can wake
};
SuspendMeans suspend_means(SystemTree& tree);

// Suspends a Linux machine to RAM: arms a wake-up, writes "mem" to /sys/power/state and is
// there again when the machine is.
//
// Clocks that wake count whole seconds, and a resume takes time: the machine is woken kLead
// before the end, plus what the last resume was late (at most kMostLead in all), and what is
// left is slept by an ordinary timer. A sleep that leaves less than kLeast to suspend is not
// worth it, and the kernel refuses shorter ones.
//
// Woken more than kEarly before the alarm: something else woke the machine
// (suspend_woke_early). That is counted as a failure, for it costs a resume each cycle.
//
// Writing /sys/power/state takes root; the means are looked up once, at construction. No heap
// after it. One thread; all that is given in outlives it.
class HostSleep final : public SystemSleep {
 public:
  static constexpr Duration kLead = std::chrono::seconds(2);
  static constexpr Duration kMostLead = std::chrono::seconds(10);
  static constexpr Duration kLeast = std::chrono::seconds(3);
  static constexpr Duration kEarly = std::chrono::milliseconds(1500);

  // `alarm` null: the RTC's wakealarm is written to instead, and another's alarm in it is lost.
  HostSleep(SystemTree& tree, const Clock& clock, WakeAlarm* alarm);

  const SuspendMeans& means() const { return means_; }
  std::string_view woken_by() const { return alarm_ != nullptr ? "CLOCK_BOOTTIME_ALARM" : "wakealarm"; }

  // Reasons: those of `missing`, suspend_too_short, suspend_alarm_refused, suspend_busy (a wake
  // source is active), suspend_failed (a device), suspend_denied, suspend_woke_early.
  SuspendOutcome suspend_until(BootTime until) override;
  void given_up(const Error&) override {}

 private:
  Status arm(BootTime at);
  void disarm();

  SystemTree& tree_;
  const Clock& clock_;
  WakeAlarm* const alarm_;
  const SuspendMeans means_;
  Duration lead_ = kLead;
};

}  // namespace torpor
