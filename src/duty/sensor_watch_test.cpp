// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sensor_watch.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "window/fake/frames.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

constexpr std::uint64_t kFit = 120;

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
    return contract_for_test(t).terms();
  }
  std::unique_ptr<Appraiser> appraiser(Backend& backend) {
    EXPECT_TRUE(files_.make_directories("/state").ok());
    return *Appraiser::make(contract_, 0, {backend, files_}, {"/state", 0}, nullptr);
  }
  void begin() {
    ++cycle_;
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
