// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/host/host_sleep.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "base/fake/fake_clock.h"
#include "base/fake/fake_system_tree.h"
#include "base/posix/posix_files.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeAlarm final : public WakeAlarm {
 public:
  Status arm(BootTime at) override {
    if (refuses) return Error{.reason = Reason::suspend_alarm_refused};
    armed = at;
    return {};
  }
  void disarm() override { armed.reset(); }
  std::optional<BootTime> armed;
  bool refuses = false;
};

// A machine that suspends until its alarm, or until `woken_after`, and resumes in `resume`.
class HostSleepTest : public testing::Test {
 protected:
  HostSleepTest() {
    tree_.put("/sys/power/state", "freeze mem disk\n");
    tree_.put("/sys/power/mem_sleep", "s2idle [deep]\n");
    tree_.put("/sys/class/rtc/rtc0/name", "rtc_no_wake");
    tree_.put("/sys/class/rtc/rtc1/wakealarm", "");
    tree_.on_write("/sys/power/state", [this](std::string_view text) -> Status {
      EXPECT_EQ(text, "mem");
      ++suspends_;
      if (refuses_with_ != 0) return file_error("/sys/power/state", refuses_with_);
      const std::optional<BootTime> alarm = alarm_.armed ? alarm_.armed : rtc_;
      EXPECT_TRUE(alarm.has_value()) << "nothing would wake it";
      const Duration span = woken_after_.value_or(alarm ? *alarm - now() : Duration{});
      clock_.suspend(span);
      clock_.advance(resume_);
      return {};
    });
    tree_.on_write("/sys/class/rtc/rtc1/wakealarm", [this](std::string_view text) -> Status {
      if (rtc_refuses_ != 0) return file_error("/sys/class/rtc/rtc1/wakealarm", rtc_refuses_);
      if (text == "0") {
        rtc_.reset();
        return {};
      }
      EXPECT_EQ(text[0], '+');
      EXPECT_FALSE(rtc_.has_value()) << "the kernel answers EBUSY while another is set";
      rtc_ = now() + seconds(std::stol(std::string(text.substr(1))));
      return {};
    });
  }
  BootTime now() const { return clock_.now().boot; }
  SuspendOutcome suspend_for(Duration span, WakeAlarm* alarm) {
    HostSleep sleep(tree_, clock_, alarm);
    return sleep.suspend_until(now() + span);
  }
  Reason trouble(WakeAlarm* alarm = nullptr) {
    const SuspendOutcome outcome = suspend_for(seconds(55), alarm);
    return outcome.trouble ? outcome.trouble->reason : Reason::internal;
  }

  FakeClock clock_;
  FakeSystemTree tree_;
  FakeAlarm alarm_;
  std::optional<BootTime> rtc_;
  std::optional<Duration> woken_after_;
  Duration resume_ = milliseconds(120);
  int refuses_with_ = 0;
  int rtc_refuses_ = 0;
  int suspends_ = 0;
};

TEST_F(HostSleepTest, suspends_and_wakes_before_the_end_by_either_alarm) {
  for (WakeAlarm* alarm : {static_cast<WakeAlarm*>(&alarm_), static_cast<WakeAlarm*>(nullptr)}) {
    const BootTime until = now() + milliseconds(54'700);
    HostSleep sleep(tree_, clock_, alarm);
    const SuspendOutcome outcome = sleep.suspend_until(until);
    ASSERT_FALSE(outcome.trouble.has_value()) << one_line(*outcome.trouble).view();
    EXPECT_GE(outcome.slept, seconds(52));
    EXPECT_LT(now(), until - seconds(1));
    EXPECT_FALSE(alarm_.armed.has_value()) << "disarmed";
    EXPECT_FALSE(rtc_.has_value()) << "disarmed";
  }
  EXPECT_EQ(suspends_, 2);
}

TEST_F(HostSleepTest, a_resume_that_takes_long_is_allowed_for_the_next_time) {
  resume_ = seconds(5);
  HostSleep sleep(tree_, clock_, &alarm_);
  BootTime until = now() + seconds(55);
  EXPECT_FALSE(sleep.suspend_until(until).trouble.has_value());
  EXPECT_GT(now(), until) << "late once";
  until = now() + seconds(55);
  EXPECT_FALSE(sleep.suspend_until(until).trouble.has_value());
  EXPECT_EQ(now(), until - HostSleep::kLead);
  resume_ = seconds(100);
  EXPECT_FALSE(sleep.suspend_until(now() + seconds(55)).trouble.has_value());
  EXPECT_EQ(sleep.suspend_until(now() + HostSleep::kMostLead + HostSleep::kLeast).trouble, std::nullopt)
      << "and never for more than that";
}

TEST_F(HostSleepTest, too_short_a_sleep_is_not_suspended) {
  const SuspendOutcome outcome = suspend_for(HostSleep::kLead + HostSleep::kLeast - Duration(1), &alarm_);
  ASSERT_TRUE(outcome.trouble.has_value());
  EXPECT_EQ(outcome.trouble->reason, Reason::suspend_too_short);
  EXPECT_EQ(suspends_, 0);
}

TEST_F(HostSleepTest, each_way_to_fail_has_its_name_and_leaves_no_alarm_behind) {
  refuses_with_ = EBUSY;
  EXPECT_EQ(trouble(), Reason::suspend_busy);
  refuses_with_ = EIO;
  EXPECT_EQ(trouble(), Reason::suspend_failed);
  refuses_with_ = EACCES;
  EXPECT_EQ(trouble(), Reason::suspend_denied);
  refuses_with_ = 0;
  woken_after_ = seconds(9);
  EXPECT_EQ(trouble(), Reason::suspend_woke_early);
  woken_after_ = Duration{};
  EXPECT_EQ(trouble(), Reason::suspend_woke_early) << "back without having slept";
  EXPECT_FALSE(rtc_.has_value());
  EXPECT_EQ(suspends_, 5);
}

TEST_F(HostSleepTest, nothing_is_suspended_that_nothing_would_wake) {
  alarm_.refuses = true;
  EXPECT_EQ(trouble(&alarm_), Reason::suspend_alarm_refused);
  rtc_refuses_ = EINVAL;
  EXPECT_EQ(trouble(), Reason::suspend_alarm_refused);
  tree_.remove("/sys/class/rtc/rtc1/wakealarm");
  EXPECT_EQ(trouble(), Reason::suspend_no_alarm);
  EXPECT_EQ(trouble(&alarm_), Reason::suspend_no_alarm) << "the kernel's alarm needs an RTC, too";
  EXPECT_EQ(suspends_, 0);
}

TEST_F(HostSleepTest, a_machine_without_suspend_to_ram_says_what_it_shows) {
  for (const char* state : {"freeze", "", "freeze memory", "\x01\x02\xff garbage", "[mem]"}) {
    tree_.put("/sys/power/state", state);
    const SuspendOutcome outcome = suspend_for(seconds(55), &alarm_);
    ASSERT_TRUE(outcome.trouble.has_value());
    EXPECT_EQ(outcome.trouble->reason, Reason::suspend_unsupported) << state;
  }
  tree_.fail("/sys/power/state", EIO);
  EXPECT_EQ(trouble(), Reason::suspend_unsupported);
  tree_.fail("/sys/power/state", EACCES);
  EXPECT_EQ(trouble(), Reason::suspend_denied);
  tree_.fail("/sys/power/state", ENOENT);
  EXPECT_EQ(trouble(), Reason::suspend_unsupported);
  FakeSystemTree empty;
  const SuspendMeans means = suspend_means(empty);
  ASSERT_TRUE(means.missing.has_value());
  EXPECT_EQ(means.missing->reason, Reason::suspend_unsupported);
  EXPECT_EQ(suspends_, 0);
}

TEST_F(HostSleepTest, the_means_name_level_and_clock) {
  const SuspendMeans means = suspend_means(tree_);
  EXPECT_FALSE(means.missing.has_value());
  EXPECT_EQ(means.level.view(), "s2idle [deep]");
  EXPECT_EQ(means.rtc_wake_alarm.view(), "/sys/class/rtc/rtc1/wakealarm");
}

}  // namespace
}  // namespace torpor
