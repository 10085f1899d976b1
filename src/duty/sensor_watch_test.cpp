// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sensor_watch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "verdict/store/baseline_files.h"
#include "window/fake/frames.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

constexpr std::uint64_t kFit = 120;
constexpr Context kSilent{};

// Scores by counting; can be told to fail.
class CountingBackend final : public Backend {
 public:
  explicit CountingBackend(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile&, std::size_t) override { return {}; }
  Status run(std::span<const TokenSet>, std::span<float> logits) override {
    if (fails) return Error{.reason = *fails};
    for (float& logit : logits) logit = static_cast<float>(++runs % 7);
    return {};
  }
  Status release() override { return {}; }
  std::optional<Reason> fails;
  int runs = 0;

 private:
  std::string_view name_;
};

class SensorWatchTest : public ::testing::Test {
 protected:
  static Terms terms() {
    Terms t = terms_for_test();
    t.duty = {.sample_ms = 500, .sleep_ms = 5500, .interval_tolerance_ms = 500};
    t.sensor_list[0].rate_mhz = 1'600'000;
    t.sensor_list[0].axes = 1;
    t.queue = {.batches = 3, .bytes = 16'000, .age_ms = 2000};
    t.power.infer_deadline_ms = 1000;
    t.power.release_deadline_ms = 500;
    t.power.awake_limit_ms = 2500;
    t.power.mj_per_hour = 60'000'000;
    t.alarm.fit_cycles = kFit;
    t.alarm.calibration_cycles = 120;
    t.machine.standing_cycles = 5;
    return contract_for_test(t).terms();
  }
  std::unique_ptr<Appraiser> appraiser(Backend& backend) {
    EXPECT_TRUE(files_.make_directories("/state").ok());
    return *Appraiser::make(contract_, 0, {backend, files_}, {"/state", 0}, nullptr);
  }
  void begin() {
    ++cycle_;
    frames_.renew(cycle_);
    builder_.begin(cycle_, now_, {.boot = now_}, cycle_ == 1);
    watch_.begin(cycle_);
  }
  void send(std::uint64_t window) {
    for (std::uint32_t i = 0; i < frames_.count(); ++i) watch_.take(frames_.frame(window, i), now_);
  }
  const CycleReport& judged() {
    EXPECT_TRUE(watch_.judge(now_, builder_).ok());
    watch_.count(builder_.report());
    return builder_.report();
  }
  std::uint64_t dropped() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t drops : builder_.report().drops) sum += drops;
    return sum;
  }
  void fit() {
    while (cuda_judge_->judge().state() == JudgeState::learning_fit) {
      ASSERT_LT(cycle_, 2 * kFit);
      begin();
      send(cycle_);
      judged();
    }
  }

  const Contract contract_ = contract_for_test(terms());
  MemoryFiles files_;
  CountingBackend cuda_{"cuda"};
  std::unique_ptr<Appraiser> cuda_judge_ = appraiser(cuda_);
  QueueMemory memory_{contract_};
  SensorWatch watch_{contract_, {.appraiser = *cuda_judge_, .memory = memory_.memory()}, 0};
  ReportBuilder builder_{contract_, {.device = "robot", .boot_id = "boot"}};
  FramesForTest frames_{contract_, 160};
  const BootTime now_{std::chrono::seconds(100)};
  std::uint64_t cycle_ = 0;
};

TEST_F(SensorWatchTest, a_whole_window_is_learned_first_and_scored_after_the_fit) {
  begin();
  send(1);
  const CycleReport& first = judged();
  EXPECT_EQ(first.quality, WindowQuality::good);
  EXPECT_EQ(first.verdict.reason, VerdictReason::learning_fit);
  EXPECT_FALSE(first.inferred);
  EXPECT_EQ(first.frames, frames_.count());
  EXPECT_EQ(first.backend.view(), "cuda");
  fit();
  EXPECT_EQ(cuda_.runs, 0);
  begin();
  send(cycle_);
  EXPECT_TRUE(judged().inferred);
  EXPECT_EQ(cuda_.runs, 1) << "one sub-frame of one axis, once";
}

TEST_F(SensorWatchTest, hears_the_end_of_its_own_window_alone) {
  begin();
  EXPECT_FALSE(watch_.take(WindowEnd{.window_id = 7, .frames = 1}));
  EXPECT_FALSE(watch_.has_window());
  EXPECT_TRUE(watch_.take(WindowEnd{.window_id = 1, .frames = 1, .dropped = 3}));
  EXPECT_TRUE(watch_.has_window());
  judged();
  EXPECT_EQ(builder_.report().drops[static_cast<std::size_t>(DropReason::depth)], 3u);
  begin();
  EXPECT_FALSE(watch_.has_window()) << "the next cycle waits for its own";
}

TEST_F(SensorWatchTest, frames_of_another_window_are_dropped_and_counted_in_their_cycle_alone) {
  begin();
  send(99);
  EXPECT_EQ(judged().verdict.kind, VerdictKind::not_scored);
  EXPECT_EQ(dropped(), frames_.count());
  begin();
  send(2);
  EXPECT_EQ(judged().quality, WindowQuality::good);
  EXPECT_EQ(dropped(), 0u);
}

class MachineWatchTest : public SensorWatchTest {
 protected:
  // A window of frames, as loud as `gain` makes it, of a machine whose speed is told.
  const CycleReport& cycle(const Context& first, const Context& last, double gain = 1) {
    begin();
    watch_.take(ContextUpdate{cycle_, first});
    for (std::uint32_t i = 0; i < frames_.count(); ++i) {
      Frame frame = frames_.frame(cycle_, i);
      samples_.assign(frame.samples.begin(), frame.samples.end());
      for (std::int16_t& x : samples_)
        x = static_cast<std::int16_t>(std::clamp<double>(x * gain, -INT16_MAX, INT16_MAX));
      frame.samples = samples_;
      watch_.take(frame, now_);
    }
    watch_.take(ContextUpdate{cycle_, last});
    return judged();
  }
  const CycleReport& cycle(const Context& throughout, double gain = 1) {
    return cycle(throughout, throughout, gain);
  }
  std::vector<std::byte> learned() {
    EXPECT_TRUE(watch_.save_learned(true).ok());
    return *files_.read(baseline_paths("/state", cuda_judge_->judge().key()).baseline, 1u << 20);
  }

  static constexpr Context kStopped{.stopped = true};
  static constexpr Context kDriven{.rpm_milli = 1'800'000};
  static constexpr double kQuiet = 0.008;  // 1.2 mg, of the contract's 2 mg
  static constexpr double kFullScale = 200;
  std::vector<std::int16_t> samples_;
};

TEST_F(MachineWatchTest, a_standing_machine_is_neither_learned_nor_scored_and_the_network_does_not_run) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cycle(kStopped).verdict.reason, VerdictReason::standing);
  EXPECT_EQ(builder_.report().verdict.kind, VerdictKind::not_scored);
  EXPECT_EQ(builder_.report().machine.state, MachineState::standing);
  EXPECT_EQ(builder_.report().machine.witness, MachineWitness::speed);
  EXPECT_EQ(cuda_judge_->judge().learned(), 0u);
  fit();
  EXPECT_EQ(cycle(kSilent, kQuiet).verdict.reason, VerdictReason::standing);
  EXPECT_EQ(builder_.report().machine.witness, MachineWitness::level);
  EXPECT_EQ(builder_.report().quality, WindowQuality::good);
  EXPECT_FALSE(builder_.report().inferred);
  EXPECT_EQ(cuda_.runs, 0);
  EXPECT_EQ(cuda_judge_->judge().learned(), 0u) << "of the calibration";
}

TEST_F(MachineWatchTest, what_was_learned_stays_bit_for_bit_while_the_machine_stands_or_changes) {
  fit();
  for (int i = 0; i < 20; ++i) cycle(kDriven);
  const auto before = learned();
  for (int i = 0; i < 20; ++i) {
    cycle(kStopped);
    cycle(kStopped, kDriven);
    EXPECT_EQ(builder_.report().verdict.reason, VerdictReason::changing);
    cycle(kSilent, kQuiet);
  }
  EXPECT_EQ(cuda_judge_->judge().learned(), 20u);
  // The file holds the newest cycle as well; of what was learned nothing may differ.
  const auto after = learned();
  const auto held = [](const std::vector<std::byte>& file) {
    return std::vector<std::byte>((*peek_baseline(file)).features.begin(),
                                  (*peek_baseline(file)).features.end());
  };
  EXPECT_EQ(held(before), held(after));
  EXPECT_EQ((*peek_baseline(before)).judge.learned(), (*peek_baseline(after)).judge.learned());
}

TEST_F(MachineWatchTest, a_speed_that_is_stated_and_not_heard_is_a_fault_of_the_sensor) {
  const CycleReport& report = cycle(kDriven, kQuiet);
  EXPECT_EQ(report.verdict.kind, VerdictKind::sensor_fault);
  EXPECT_EQ(report.verdict.reason, VerdictReason::speed_contradicts);
  EXPECT_TRUE(report.machine.contradicts);
  EXPECT_EQ(cuda_judge_->judge().learned(), 0u);
  EXPECT_EQ(report.not_running, 0u) << "a frozen speed must not park the robot, nor a loose sensor";
}

TEST_F(MachineWatchTest, knocks_on_a_machine_that_is_stated_to_stand_are_no_shocks) {
  const std::uint32_t row = contract_.terms().alarm.shock_cycles;
  for (std::uint32_t i = 0; i < 2 * row; ++i) {
    const CycleReport& report = cycle(kStopped, kFullScale);
    EXPECT_EQ(report.quality, WindowQuality::saturated);
    EXPECT_EQ(report.verdict.kind, VerdictKind::not_scored);
    EXPECT_EQ(report.verdict.reason, VerdictReason::standing);
  }
  EXPECT_FALSE(cuda_judge_->judge().latched());
  for (std::uint32_t i = 0; i + 1 < row; ++i)
    EXPECT_EQ(cycle(kDriven, kFullScale).verdict.kind, VerdictKind::shock);
  EXPECT_EQ(cycle(kDriven, kFullScale).verdict.kind, VerdictKind::alarm);
}

TEST_F(MachineWatchTest, a_stand_neither_lengthens_nor_ends_a_row_of_shocks) {
  const std::uint32_t row = contract_.terms().alarm.shock_cycles;
  for (std::uint32_t i = 0; i + 1 < row; ++i) cycle(kDriven, kFullScale);
  for (int i = 0; i < 4; ++i) cycle(kStopped);
  EXPECT_FALSE(cuda_judge_->judge().latched());
  EXPECT_EQ(cycle(kDriven, kFullScale).verdict.kind, VerdictKind::alarm);
}

TEST_F(MachineWatchTest, cycles_without_a_running_machine_are_counted_in_a_row) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    EXPECT_EQ(cycle(kStopped).not_running, i);
    EXPECT_FALSE(builder_.report().parked_too_long);
  }
  EXPECT_EQ(cycle(kStopped).not_running, 5u);
  EXPECT_TRUE(builder_.report().parked_too_long);
  begin();
  EXPECT_EQ(judged().not_running, 5u) << "without a window nothing is known";
  EXPECT_TRUE(builder_.report().parked_too_long);
  begin();
  watch_.lose(VerdictReason::budget_spent, builder_.report());
  EXPECT_EQ(builder_.report().not_running, 5u);
  EXPECT_EQ(builder_.report().machine.state, MachineState::unknown);
  EXPECT_EQ(cycle(kStopped, kDriven).not_running, 0u) << "it starts";
  EXPECT_FALSE(builder_.report().parked_too_long);
}

TEST_F(MachineWatchTest, a_row_of_stands_goes_on_where_the_newest_record_left_it) {
  CycleReport newest;
  newest.sensor = contract_.terms().sensors()[0].id;
  newest.not_running = 4;
  const auto next = [&](std::uint64_t cycle) {
    SensorWatch watch(contract_, {.appraiser = *cuda_judge_, .memory = memory_.memory(), .newest = &newest},
                      0);
    builder_.begin(cycle, now_, {.boot = now_}, false);
    watch.begin(cycle);
    watch.take(ContextUpdate{cycle, kStopped});
    for (std::uint32_t i = 0; i < frames_.count(); ++i) watch.take(frames_.frame(cycle, i), now_);
    EXPECT_TRUE(watch.judge(now_, builder_).ok());
    return builder_.report().not_running;
  };
  EXPECT_EQ(next(1), 5u);
  EXPECT_TRUE(builder_.report().parked_too_long);
  newest.sensor = "another";
  EXPECT_EQ(next(2), 1u) << "another sensor's machine is another";
}

TEST_F(MachineWatchTest, a_contract_that_states_no_levels_knows_a_stand_once_the_fit_is_closed) {
  Terms old = terms();
  old.schema = 1;
  old.sensor_list[0].running_ug = 0;
  old.machine = {};
  const Contract contract = contract_for_test(old);
  SensorWatch watch(contract, {.appraiser = *cuda_judge_, .memory = memory_.memory()}, 0);
  const auto judged = [&](double gain) {
    ++cycle_;
    builder_.begin(cycle_, now_, {.boot = now_}, cycle_ == 1);
    watch.begin(cycle_);
    for (std::uint32_t i = 0; i < frames_.count(); ++i) {
      Frame frame = frames_.frame(cycle_, i);
      samples_.assign(frame.samples.begin(), frame.samples.end());
      for (std::int16_t& x : samples_) x = static_cast<std::int16_t>(x * gain);
      frame.samples = samples_;
      watch.take(frame, now_);
    }
    EXPECT_TRUE(watch.judge(now_, builder_).ok());
    return builder_.report().machine.state;
  };
  EXPECT_EQ(judged(1), MachineState::unknown);
  EXPECT_EQ(builder_.report().verdict.reason, VerdictReason::learning_fit) << "as before there were states";
  while (cuda_judge_->judge().state() == JudgeState::learning_fit) judged(1);
  EXPECT_EQ(judged(1), MachineState::steady);
  const std::uint32_t level = builder_.report().machine.running_ug;
  EXPECT_GT(level, 145'000u / 4);
  EXPECT_LT(level, 145'000u);
  EXPECT_EQ(judged(0.05), MachineState::standing);
  EXPECT_FALSE(builder_.report().parked_too_long) << "how many are worth an alert is not stated";
}

TEST_F(SensorWatchTest, a_cycle_without_a_frame_has_no_window) {
  begin();
  EXPECT_EQ(judged().verdict.reason, VerdictReason::no_window);
}

TEST_F(SensorWatchTest, a_backend_that_fails_leaves_a_cycle_that_was_not_scored) {
  fit();
  cuda_.fails = Reason::device_failed;
  begin();
  send(cycle_);
  const CycleReport& report = judged();
  EXPECT_EQ(report.verdict.reason, VerdictReason::backend_failed);
  EXPECT_TRUE(report.has(Breach::inference));
  EXPECT_TRUE(report.has(Breach::device));
  EXPECT_EQ(report.backend_note.view(), "device_failed");
}

TEST_F(SensorWatchTest, an_inference_that_the_stop_interrupted_judges_nothing) {
  fit();
  const std::uint64_t before = watch_.last_cycle();
  cuda_.fails = Reason::worker_interrupted;
  begin();
  send(cycle_);
  const Status judged = watch_.judge(now_, builder_);
  ASSERT_FALSE(judged.ok());
  EXPECT_EQ(judged.error().reason, Reason::worker_interrupted);
  EXPECT_EQ(watch_.last_cycle(), before) << "the number is used again";
}

}  // namespace
}  // namespace torpor
