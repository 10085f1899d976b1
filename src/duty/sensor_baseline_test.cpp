// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sensor_baseline.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/fake/golden_maintenance.h"
#include "features/fake/signals.h"
#include "verdict/fake/scores.h"

namespace torpor {
namespace {

constexpr const char* kState = "/state";
constexpr std::uint32_t kRpm = 1'800'000;
constexpr std::uint32_t kNoSpeed = 0;

// A robot's life in short: a fit of 20 cycles, a calibration of 240, windows of half a second.
class SensorBaselineTest : public ::testing::Test {
 protected:
  SensorBaselineTest() {
    sensor_.id = "front-left";
    sensor_.rate_mhz = 1'600'000;
    sensor_.axes = 2;
    key_.axes = 2;
    key_.rate_mhz = sensor_.rate_mhz;
    EXPECT_TRUE(files_.make_directories(kState).ok());
    open();
  }
  Result<std::unique_ptr<SensorBaseline>> try_open() {
    return SensorBaseline::open(files_, {kState, 0}, alarm_, sensor_, key_, newest_ ? &*newest_ : nullptr);
  }
  void open() {
    auto opened = try_open();
    ASSERT_TRUE(opened.ok()) << one_line(opened.error()).view();
    baseline_ = *std::move(opened);
  }
  // The process ends of itself and starts again.
  void restart() {
    ASSERT_TRUE(baseline_->save_learned(true).ok());
    open();
  }
  const Measurement& measured(std::uint32_t rpm_milli, std::size_t samples = 800) {
    signal_ = noise_.noise(2 * samples);
    Window window;
    window.rate_mhz = sensor_.rate_mhz;
    window.axes = 2;
    window.scale_pg = 500'000'000;
    window.samples = signal_;
    window.block_starts = {&start_, 1};
    window.context.rpm_milli = rpm_milli;
    return **measurer_.measure(window, baseline_->speed_for(window));
  }
  // One cycle as the appraiser lives it, and what a cycle leaves on disk.
  Verdict live(std::uint32_t rpm_milli = kRpm, double sigmas = 0) {
    const Measurement& window = measured(rpm_milli);
    Verdict verdict;
    if (baseline_->fitting()) {
      verdict = baseline_->learn(++cycle_, window);
    } else {
      for (std::size_t axis = 0; axis < 2; ++axis) (void)baseline_->finished(axis);  // as infer() does
      baseline_->show(window);
      verdict = baseline_->scored(++cycle_, scores_.next(sigmas));
    }
    EXPECT_TRUE(baseline_->save_learned().ok());
    EXPECT_TRUE(baseline_->save_evidence().ok());
    return verdict;
  }
  JudgeState state() const { return baseline_->judge().state(); }
  void live_until(JudgeState wanted) {
    for (int i = 0; i < 1000 && state() != wanted; ++i) live();
    ASSERT_EQ(state(), wanted);
  }
  Status request(EventKind kind) {
    return request_event(files_, kState, paths().stem, kind, "JM: new bearing", 1'800'000'000);
  }
  BaselinePaths paths() const { return baseline_paths(kState, key_); }
  // What an earlier version left: this judge without the sums or baselines that belong to it.
  void leave(const Judge& judge, Bytes features = {}) {
    std::vector<std::byte> room(judge.encoded_bound(features.size(), 0));
    const auto bytes = judge.encode(room, features, {});
    ASSERT_TRUE(bytes.ok());
    ASSERT_TRUE(files_.replace(paths().baseline, *bytes, 0644).ok());
  }

  AlarmTerms alarm_ = alarm_for_test();
  SensorTerms sensor_{};
  BaselineKey key_ = key_for_test();
  MemoryFiles files_;
  TestSignal noise_{5};
  ScoreSource scores_{7};
  std::vector<std::int16_t> signal_;
  const std::uint32_t start_ = 0;
  WindowMeasurer measurer_{[] {
                             SensorTerms sensor{};
                             sensor.rate_mhz = 1'600'000;
                             sensor.axes = 2;
                             return sensor;
                           }(),
                           800};
  std::unique_ptr<SensorBaseline> baseline_;
  std::optional<CycleReport> newest_;
  std::uint64_t cycle_ = 0;
};

TEST_F(SensorBaselineTest, a_window_without_the_speed_that_the_fit_knows_is_not_learned_and_says_so) {
  EXPECT_EQ(live(kRpm).learned, 1u);
  const Verdict without = live(kNoSpeed);
  EXPECT_EQ(without.reason, VerdictReason::learning_fit);
  EXPECT_EQ(without.learned, 1u);
  EXPECT_FALSE(without.explanation.empty());
  EXPECT_EQ(live(kRpm).learned, 2u);
}

// Every second window knows the speed, through restarts: as many are learned as were taken.
TEST_F(SensorBaselineTest, mixed_knowledge_of_the_speed_learns_what_it_can_and_ends_armed) {
  std::uint32_t taken = 0;
  while (baseline_->fitting()) {
    ASSERT_LT(cycle_, 100u);
    const bool known = cycle_ % 2 == 0;
    live(known ? kRpm : kNoSpeed);
    taken += known ? 1 : 0;
    if (cycle_ % 7 == 0) restart();
  }
  EXPECT_EQ(taken, alarm_.fit_cycles);
  EXPECT_TRUE(baseline_->finished(0).has_speed);
  EXPECT_EQ(baseline_->finished(1).n_eff, static_cast<float>(taken));
  restart();
  for (int i = 0; i < 300; ++i) live(i % 2 == 0 ? kRpm : kNoSpeed);
  EXPECT_EQ(state(), JudgeState::armed);
}

TEST_F(SensorBaselineTest, a_stated_speed_is_ignored_by_a_baseline_that_knows_none) {
  live(kNoSpeed);
  while (baseline_->fitting()) {
    ASSERT_LT(cycle_, 100u);
    live(kRpm);
  }
  EXPECT_EQ(cycle_, alarm_.fit_cycles) << "every window was learned";
  EXPECT_FALSE(baseline_->finished(0).has_speed);
  live_until(JudgeState::armed);
}

TEST_F(SensorBaselineTest, a_window_too_short_to_measure_is_not_learned_and_decides_nothing) {
  const Verdict verdict = baseline_->learn(++cycle_, measured(kNoSpeed, kMinPieceSamples - 1));
  EXPECT_EQ(verdict.learned, 0u);
  EXPECT_FALSE(verdict.explanation.empty());
  live_until(JudgeState::armed);
  EXPECT_TRUE(baseline_->finished(0).has_speed) << "the first window learned decides";
}

TEST_F(SensorBaselineTest, a_cycle_offered_again_is_not_learned_twice) {
  live();
  EXPECT_EQ(baseline_->learn(cycle_, measured(kRpm)).reason, VerdictReason::repeated_cycle);
  while (baseline_->fitting()) live();
  EXPECT_EQ(baseline_->finished(0).n_eff, static_cast<float>(alarm_.fit_cycles));
}

struct Event {
  JudgeState from;
  EventKind kind;
};
std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << (event.kind == EventKind::accept ? "accept" : "reset") << "_while_" << name(event.from);
}
class EveryEvent : public SensorBaselineTest, public ::testing::WithParamInterface<Event> {};

TEST_P(EveryEvent, through_a_restart_ends_armed) {
  const Event given = GetParam();
  if (given.from == JudgeState::not_armed) alarm_.calibration_cycles = 60;  // too few to arm on
  open();
  for (int i = 0; i < 3; ++i) live();
  live_until(given.from);
  ASSERT_TRUE(baseline_->save_learned(true).ok());
  const Status requested = request(given.kind);
  if (given.from == JudgeState::learning_fit && given.kind == EventKind::accept) {
    ASSERT_FALSE(requested.ok());
    EXPECT_EQ(requested.error().reason, Reason::baseline_nothing_to_accept);
  } else {
    ASSERT_TRUE(requested.ok()) << one_line(requested.error()).view();
  }
  alarm_ = alarm_for_test();
  open();
  if (given.kind == EventKind::reset) {
    EXPECT_EQ(state(), JudgeState::learning_fit);
    EXPECT_EQ(baseline_->judge().learned(), 0u);
  } else if (requested) {
    EXPECT_EQ(state(), JudgeState::learning_calibration);
  }
  live();
  restart();
  live_until(JudgeState::armed);
  restart();
  EXPECT_EQ(state(), JudgeState::armed);
  EXPECT_EQ(live().kind, VerdictKind::healthy);
}

INSTANTIATE_TEST_SUITE_P(States, EveryEvent,
                         ::testing::Values(Event{JudgeState::learning_fit, EventKind::accept},
                                           Event{JudgeState::learning_fit, EventKind::reset},
                                           Event{JudgeState::learning_calibration, EventKind::accept},
                                           Event{JudgeState::learning_calibration, EventKind::reset},
                                           Event{JudgeState::armed, EventKind::accept},
                                           Event{JudgeState::armed, EventKind::reset},
                                           Event{JudgeState::not_armed, EventKind::accept},
                                           Event{JudgeState::not_armed, EventKind::reset}),
                         ::testing::PrintToStringParamName());

TEST_F(SensorBaselineTest, an_event_is_taken_once_wherever_a_crash_cuts_it) {
  live_until(JudgeState::armed);
  const MemoryFiles before = files_;
  for (std::uint64_t operation = 1; operation < 12; ++operation) {
    files_ = before;
    ASSERT_TRUE(request(EventKind::reset).ok());
    files_.lose_power_at(operation);
    (void)try_open();
    files_.crash();
    open();
    EXPECT_EQ(baseline_->judge().events(), 1u) << operation;
    EXPECT_EQ(state(), JudgeState::learning_fit) << operation;
  }
}

TEST_F(SensorBaselineTest, an_alarm_stays_latched_through_a_reset_and_a_new_fit) {
  live_until(JudgeState::armed);
  while (!baseline_->judge().latched()) live(kRpm, 8);
  const std::uint64_t raised = baseline_->judge().first_crossing();
  ASSERT_TRUE(request(EventKind::reset).ok());
  open();
  EXPECT_EQ(baseline_->judge().first_crossing(), raised);
  live_until(JudgeState::armed);
  EXPECT_EQ(baseline_->judge().first_crossing(), raised);
}

// Earlier versions counted cycles that no builder took, and left a judge beyond the fit
// without what was fitted. The service then died at each start.
TEST_F(SensorBaselineTest, a_stored_judge_without_its_feature_baseline_starts_the_fit_anew) {
  live_until(JudgeState::armed);
  leave(baseline_->judge());
  open();
  EXPECT_EQ(state(), JudgeState::learning_fit);
  EXPECT_EQ(baseline_->judge().arming_epoch(), 1u) << "the next arming is another";
  restart();
  live_until(JudgeState::armed);
}

TEST_F(SensorBaselineTest, a_stored_fit_that_counts_more_cycles_than_were_added_starts_anew) {
  for (int i = 0; i < 5; ++i) live();
  ASSERT_TRUE(baseline_->save_learned(true).ok());
  const auto stored = load_baseline(files_, kState, alarm_, key_, 0);
  ASSERT_TRUE(stored.ok());
  Judge ahead = stored->judge;
  ahead.fitted(++cycle_);
  leave(ahead, stored->features);
  open();
  EXPECT_EQ(baseline_->judge().learned(), 0u);
  live_until(JudgeState::armed);
}

TEST_F(SensorBaselineTest, a_reset_is_the_cure_of_features_that_cannot_be_read) {
  live_until(JudgeState::armed);
  leave(baseline_->judge(), as_bytes("no feature baseline"));
  EXPECT_EQ(try_open().error().reason, Reason::baseline_malformed) << "never replaced silently";
  ASSERT_TRUE(request(EventKind::reset).ok());
  open();
  live_until(JudgeState::armed);
}

TEST_F(SensorBaselineTest, a_kill_while_learning_costs_at_most_the_cycles_between_two_saves) {
  for (int i = 0; i < 15; ++i) live();
  open();  // killed: nothing was closed
  EXPECT_EQ(baseline_->judge().learned(), SensorBaseline::kLearningSaveEvery);
  live_until(JudgeState::armed);
  open();
  EXPECT_EQ(state(), JudgeState::armed);
}

// --- maintenance ---------------------------------------------------------------------------

class MaintainedBaselineTest : public SensorBaselineTest {
 protected:
  Result<std::unique_ptr<SensorBaseline>> start(const std::string& device = "amr-0173") {
    return SensorBaseline::open(files_,
                                {.state_dir = kState,
                                 .service_uid = 0,
                                 .device = device,
                                 .trust = *parse_trust(as_bytes(golden::trust_text()), "t")},
                                alarm_, sensor_, key_, nullptr);
  }
  void alarm_by_shocks() {
    while (!baseline_->judge().latched()) baseline_->unusable(++cycle_, WindowQuality::saturated);
    ASSERT_TRUE(baseline_->save_learned(true));
    ASSERT_TRUE(baseline_->save_evidence());
  }
  void leave(Work work, std::uint8_t seed = golden::kMaintenance) {
    MaintenanceEvent event = golden::sound_event();
    event.sensor = sensor_.id;
    event.arming_epoch = baseline_->judge().alarm().arming_epoch;
    event.first_crossing_cycle = baseline_->judge().first_crossing();
    event.work = work;
    event.sequence = ++sequence_;
    ASSERT_TRUE(
        files_.replace(baseline_paths(kState, key_).maintenance, golden::maintenance(event, seed), 0644));
  }
  std::uint64_t sequence_ = 0;
};

TEST_F(MaintainedBaselineTest, a_mended_machine_keeps_what_was_learned_in_every_state) {
  for (const JudgeState state :
       {JudgeState::learning_fit, JudgeState::learning_calibration, JudgeState::armed}) {
    SCOPED_TRACE(name(state));
    while (baseline_->judge().state() != state) live();
    live();
    const auto learned = baseline_->judge().learned();
    const auto epoch = baseline_->judge().arming_epoch();
    alarm_by_shocks();
    leave(Work::repaired);
    auto again = start();
    ASSERT_TRUE(again) << one_line(again.error()).view();
    baseline_ = *std::move(again);
    EXPECT_FALSE(baseline_->maintenance_refusal());
    EXPECT_FALSE(baseline_->judge().latched());
    EXPECT_EQ(baseline_->judge().state(), state);
    // An armed judge keeps ranks, not the cycles they came from.
    if (state != JudgeState::armed) {
      EXPECT_EQ(baseline_->judge().learned(), learned);
    }
    EXPECT_EQ(baseline_->judge().arming_epoch(), epoch);
    EXPECT_FALSE(files_.exists(baseline_paths(kState, key_).maintenance));
    restart();
    EXPECT_FALSE(baseline_->judge().latched()) << "also after the next start";
  }
}

TEST_F(MaintainedBaselineTest, a_replaced_bearing_is_learned_anew_in_every_state_and_ends_armed) {
  for (const JudgeState state :
       {JudgeState::learning_fit, JudgeState::learning_calibration, JudgeState::armed}) {
    SCOPED_TRACE(name(state));
    while (baseline_->judge().state() != state) live();
    live();
    alarm_by_shocks();
    leave(Work::replaced);
    auto again = start();
    ASSERT_TRUE(again) << one_line(again.error()).view();
    baseline_ = *std::move(again);
    EXPECT_FALSE(baseline_->judge().latched());
    EXPECT_TRUE(baseline_->fitting());
    EXPECT_EQ(baseline_->judge().learned(), 0u);
    restart();
  }
  for (int i = 0; i < 400 && baseline_->judge().state() != JudgeState::armed; ++i) live();
  EXPECT_EQ(baseline_->judge().state(), JudgeState::armed);
}

TEST_F(MaintainedBaselineTest, a_refused_event_stops_no_watch_and_stays_to_be_seen) {
  live();
  alarm_by_shocks();
  leave(Work::repaired, golden::kTrusted);  // a key for contracts alone
  auto again = start();
  ASSERT_TRUE(again) << one_line(again.error()).view();
  baseline_ = *std::move(again);
  ASSERT_TRUE(baseline_->maintenance_refusal());
  EXPECT_EQ(baseline_->maintenance_refusal()->reason, Reason::bundle_key_scope);
  EXPECT_TRUE(baseline_->judge().latched());
  EXPECT_TRUE(files_.exists(baseline_paths(kState, key_).maintenance));
  leave(Work::repaired);
  auto elsewhere = start("amr-0174");
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ((*elsewhere)->maintenance_refusal()->reason, Reason::maintenance_other_device);
  EXPECT_TRUE((*elsewhere)->judge().latched());
}

}  // namespace
}  // namespace torpor
