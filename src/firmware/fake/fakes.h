// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fake/fake_clock.h"
#include "firmware/peer_stopper.h"
#include "firmware/sampler_listener.h"
#include "firmware/system_sleep.h"

namespace torpor {

// Stops nobody, and remembers that it should have.
class FakeStopper final : public PeerStopper {
 public:
  Status stop(const Offence& why) override {
    stops.push_back(why);
    if (on_stop) on_stop();
    if (refuses) return Error{.reason = Reason::peer_not_stopped};
    return {};
  }
  std::vector<Offence> stops;
  bool refuses = false;
  std::function<void()> on_stop;
};

// Remembers what it was told, in order.
class FakeListener final : public SamplerListener {
 public:
  Status agreed() override { return kept("agreed"); }
  Status window_sent() override { return kept("sent"); }
  void request_refused(const Error& why, std::uint32_t times) override {
    told.push_back("refused");
    refusals.push_back(why);
    last_times = times;
  }
  std::optional<Reason> notice() const override { return to_note; }

  std::vector<std::string> told;
  std::vector<Error> refusals;
  std::uint32_t last_times = 0;
  std::optional<Reason> to_note;
  std::optional<Reason> trouble;  // nothing can be kept

 private:
  Status kept(const char* what) {
    told.push_back(what);
    return trouble ? Status(Error{.reason = *trouble}) : Status();
  }
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
