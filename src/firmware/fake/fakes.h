// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/fake/fake_clock.h"
#include "firmware/peer_stopper.h"
#include "firmware/system_sleep.h"

namespace torpor {

// Stops nobody, and remembers that it should have.
class FakeStopper final : public PeerStopper {
 public:
  Status stop(const Overdue& why) override {
    stops.push_back(why);
    if (on_stop) on_stop();
    if (refuses) return Error{.reason = Reason::peer_not_stopped};
    return {};
  }
  std::vector<Overdue> stops;
  bool refuses = false;
  std::function<void()> on_stop;
};

// Stands still until shortly before the end, or as the test says.
class FakeSleep final : public SystemSleep {
 public:
  explicit FakeSleep(FakeClock& clock) : clock_(clock) {}
  SuspendOutcome suspend_until(BootTime until) override {
    asked.push_back(until);
    if (trouble && !sleeps_anyway) return {.trouble = Error{.reason = *trouble}};
    const Duration span = sleeps_anyway.value_or(until - clock_.now().boot - std::chrono::seconds(2));
    clock_.suspend(span);
    slept.push_back(span);
    if (trouble) return {.slept = span, .trouble = Error{.reason = *trouble}};
    return {.slept = span, .trouble = {}};
  }
  void given_up(const Error& last) override { gave_up.push_back(last.reason); }

  std::vector<BootTime> asked;
  std::vector<Duration> slept;
  std::vector<Reason> gave_up;
  std::optional<Reason> trouble;
  std::optional<Duration> sleeps_anyway;

 private:
  FakeClock& clock_;
};

}  // namespace torpor
