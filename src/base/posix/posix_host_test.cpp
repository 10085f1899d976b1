// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_host.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <vector>

namespace torpor {
namespace {

using std::chrono::milliseconds;

class NoLink final : public PollSource {
 public:
  int poll_fd() const override { return -1; }
};

class PipeLink final : public PollSource {
 public:
  PipeLink() {
    if (::pipe(ends_) != 0) __builtin_trap();
  }
  ~PipeLink() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int poll_fd() const override { return ends_[0]; }
  void send() { ASSERT_EQ(::write(ends_[1], "x", 1), 1); }

 private:
  int ends_[2];
};

class ScriptedRole final : public Role {
 public:
  explicit ScriptedRole(std::function<Step(Wake)> script) : script_(std::move(script)) {}
  Step wake(Wake why) override {
    seen.push_back(why);
    return script_(why);
  }
  std::vector<Wake> seen;

 private:
  std::function<Step(Wake)> script_;
};

Step until(BootTime t, bool link_in = false) {
  return Step{.wait = {.until = t, .link_in = link_in}, .exit_code = {}};
}
Step end(int code) { return Step{.wait = {}, .exit_code = code}; }

TEST(PosixHost, a_deadline_is_never_early) {
  const auto clock = PosixClock::unscaled();
  const BootTime due = clock.now().boot + milliseconds(30);
  BootTime woke{};
  ScriptedRole role([&](Wake why) {
    if (why == Wake::start) return until(due);
    woke = clock.now().boot;
    return end(0);
  });
  EXPECT_EQ(*run_role(role, clock, NoLink{}), 0);
  EXPECT_EQ(role.seen, (std::vector<Wake>{Wake::start, Wake::deadline}));
  EXPECT_GE(woke, due);
}

TEST(PosixHost, a_chattering_link_wakes_nobody_who_did_not_ask) {
  const auto clock = PosixClock::unscaled();
  PipeLink link;
  link.send();
  const BootTime due = clock.now().boot + milliseconds(20);
  ScriptedRole role([&](Wake why) { return why == Wake::start ? until(due, false) : end(0); });
  EXPECT_EQ(*run_role(role, clock, link), 0);
  EXPECT_EQ(role.seen, (std::vector<Wake>{Wake::start, Wake::deadline}));
}

TEST(PosixHost, a_readable_link_wakes_before_the_deadline) {
  const auto clock = PosixClock::unscaled();
  PipeLink link;
  link.send();
  ScriptedRole role([&](Wake why) {
    return why == Wake::start ? until(clock.now().boot + std::chrono::hours(1), true) : end(7);
  });
  EXPECT_EQ(*run_role(role, clock, link), 7);
  EXPECT_EQ(role.seen, (std::vector<Wake>{Wake::start, Wake::link}));
}

TEST(PosixHost, every_termination_signal_becomes_stop) {
  const auto clock = PosixClock::unscaled();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ScriptedRole role([&](Wake why) {
      if (why == Wake::start) ::kill(::getpid(), signal);
      return why == Wake::stop ? end(0) : until(clock.now().boot + std::chrono::hours(1));
    });
    EXPECT_EQ(*run_role(role, clock, NoLink{}), 0) << signal;
    EXPECT_EQ(role.seen.back(), Wake::stop) << signal;
  }
}

TEST(PosixHost, waiting_for_a_deadline_costs_one_voluntary_context_switch) {
  const auto clock = PosixClock::unscaled();
  rusage before{}, after{};
  const BootTime due = clock.now().boot + milliseconds(50);
  ScriptedRole role([&](Wake why) {
    if (why == Wake::start) {
      ::getrusage(RUSAGE_SELF, &before);
      return until(due);
    }
    ::getrusage(RUSAGE_SELF, &after);
    return end(0);
  });
  EXPECT_EQ(*run_role(role, clock, NoLink{}), 0);
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 1);
}

TEST(PosixClock, a_scaled_clock_is_speed_times_boottime_and_its_sleep_is_never_too_short) {
  const auto real = PosixClock::unscaled();
  const auto fast = PosixClock::make(60, WallTime(std::chrono::seconds(1'700'000'000)));
  const auto before = to_ns(real.now().boot);
  const auto scaled = to_ns(fast->now().boot);
  const auto after = to_ns(real.now().boot);
  EXPECT_LE(before * 60, scaled + 60'000);
  EXPECT_LE(scaled, after * 60);
  for (std::int64_t t : {1LL, 59LL, 60LL, 61LL, 1'000'000'007LL}) {
    const BootTime due{Duration(t)};
    EXPECT_GE(fast->kernel_boottime_ns(due) * 60, t);
    EXPECT_LT((fast->kernel_boottime_ns(due) - 2) * 60, t);
  }
  const auto wall = fast->now().wall;
  EXPECT_GE(wall, WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_LT(wall, WallTime(std::chrono::seconds(1'700'003'600)));
}

TEST(PosixClock, real_time_of_a_span_is_rounded_to_nearest) {
  const auto fast = PosixClock::make(60, {});
  EXPECT_EQ(fast->real(std::chrono::minutes(1)), std::chrono::seconds(1));
  EXPECT_EQ(fast->real(Duration(29)).count(), 0);
  EXPECT_EQ(fast->real(Duration(30)).count(), 1);
  EXPECT_EQ(fast->real(Duration(-29)).count(), 0);
  EXPECT_EQ(fast->real(Duration(-30)).count(), -1);
  EXPECT_EQ(fast->real(Duration::max()).count(), Duration::max().count() / 60);
  EXPECT_EQ(PosixClock::make(2.5, {})->real(Duration(1'000'000'004)).count(), 400'000'002);
  EXPECT_EQ(PosixClock::unscaled().real(Duration(1'000'000'007)).count(), 1'000'000'007);
}

TEST(PosixClock, refuses_a_speed_outside_its_range) {
  EXPECT_EQ(PosixClock::make(0.5, {}).error().reason, Reason::usage);
  EXPECT_EQ(PosixClock::make(201, {}).error().reason, Reason::usage);
  EXPECT_FALSE(PosixClock::make(__builtin_nan(""), {}).ok());
}

}  // namespace
}  // namespace torpor
