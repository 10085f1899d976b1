// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A sensor that fails, in every state of its judge: told as a sensor fault, in words, and neither
// learned from nor weighed.
#include <gtest/gtest.h>

#include <functional>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "duty/sensor_watch.h"
#include "window/fake/vibration.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

constexpr std::uint64_t kFit = 120, kCalibration = 120;
constexpr std::int64_t kScalePg = 488'281'250;
using Samples = std::vector<std::int16_t>;
using Change = std::function<void(Samples&)>;

class ToldScores final : public Backend {
 public:
  std::string_view name() const override { return "told"; }
  bool exact() const override { return true; }
  Status probe() override { return {}; }
  Status load(const ModelFile&, std::size_t) override { return {}; }
  Status run(std::span<const TokenSet>, std::span<float> logits) override {
    ++runs;
    for (float& logit : logits) logit = damaged ? 100.0F : static_cast<float>(runs * 5 % 17);
    return {};
  }
  Status release() override { return {}; }
  bool damaged = false;
  std::uint32_t runs = 0;
};

// Half a second of three axes, each of its own colour, gravity along z.
class SensorCondition : public ::testing::Test {
 protected:
  static Terms terms() {
    Terms t = terms_for_test();
    t.duty = {.sample_ms = 500, .sleep_ms = 5500, .interval_tolerance_ms = 500};
    t.sensor_list[0].rate_mhz = 1'600'000;
    t.sensor_list[0].axes = 3;
    t.queue = {.batches = 3, .bytes = 48'000, .age_ms = 2000};
    t.power.infer_deadline_ms = 1000;
    t.power.release_deadline_ms = 500;
    t.power.awake_limit_ms = 2500;
    t.power.mj_per_hour = 60'000'000;
    t.alarm.fit_cycles = kFit;
    t.alarm.calibration_cycles = kCalibration;
    return contract_for_test(t).terms();
  }
  SensorCondition() {
    EXPECT_TRUE(files_.make_directories("/state").ok());
    open();
  }
  void open() {
    watch_.reset();
    auto made = Appraiser::make(contract_, 0, {backend_, files_}, {"/state", 0}, nullptr);
    ASSERT_TRUE(made.ok()) << one_line(made.error()).view();
    appraiser_ = *std::move(made);
    watch_ = std::make_unique<SensorWatch>(
        contract_, SensorWatch::Parts{.appraiser = *appraiser_, .memory = memory_.memory()}, 0);
  }
  Samples machine() {
    return VibrationForTest{.seed = static_cast<std::uint32_t>(cycle_ + 1),
                            .axes = 3,
                            .samples = 800,
                            .rms = 100,
                            .colour = 0.9,
                            .brighter = 0.6,
                            .offsets = {100, -50, 2048}}
        .make();
  }
  const CycleReport& live(const Samples& samples) {
    ++cycle_;
    builder_.begin(cycle_, now_, {.boot = now_}, cycle_ == 1);
    watch_->begin(cycle_);
    constexpr std::size_t kPerFrame = 160 * 3;
    for (std::uint32_t i = 0; i * kPerFrame < samples.size(); ++i)
      watch_->take(Frame{.window_id = cycle_,
                         .sequence = i,
                         .capture_ns = std::int64_t{i} * 100'000'000,
                         .sensor = 0,
                         .rate_mhz = 1'600'000,
                         .scale_pg = kScalePg,
                         .axes = 3,
                         .starts_block = i == 0,
                         .samples = std::span(samples).subspan(i * kPerFrame, kPerFrame)},
                   now_);
    EXPECT_TRUE(watch_->judge(now_, builder_).ok());
    EXPECT_TRUE(watch_->save_learned().ok());
    EXPECT_TRUE(watch_->save_evidence().ok());
    return builder_.report();
  }
  const CycleReport& live() { return live(machine()); }
  const CycleReport& live(const Change& change) {
    Samples samples = machine();
    change(samples);
    return live(samples);
  }
  JudgeState state() const { return appraiser_->judge().state(); }
  void live_until(JudgeState wanted) {
    while (state() != wanted) {
      ASSERT_LT(cycle_, 3000u);
      live();
    }
  }
  void raise_the_alarm() {
    backend_.damaged = true;
    for (int i = 0; i < 300 && !appraiser_->judge().latched(); ++i) live();
    backend_.damaged = false;
    ASSERT_TRUE(appraiser_->judge().latched());
  }
  void event(EventKind kind) {
    ASSERT_TRUE(watch_->save_learned(true).ok());
    const auto paths = baseline_paths("/state", appraiser_->judge().key());
    ASSERT_TRUE(request_event(files_, "/state", paths.stem, kind, "JM: new mount", 1'800'000'000).ok());
    open();
  }
  // Twice, so that it is not the first cycle alone; and nothing of it stays.
  void expect_fault(std::string_view reason, const Change& change) {
    const std::uint32_t learned = appraiser_->judge().learned();
    const auto evidence = appraiser_->judge().evidence().log_r;
    const bool latched = appraiser_->judge().latched();
    const std::uint32_t runs = backend_.runs;
    for (int i = 0; i < 2; ++i) {
      const CycleReport& report = live(change);
      EXPECT_EQ(name(report.verdict.kind), "sensor_fault") << name(state());
      EXPECT_EQ(name(report.verdict.reason), reason) << name(state());
      EXPECT_FALSE(report.sensor_note.empty()) << reason;
      EXPECT_NE(report.sensor_note.view().back(), '~') << report.sensor_note.view();
      EXPECT_TRUE(report.verdict.explanation.empty());
      EXPECT_EQ(report.verdict.latched, latched) << "a latched alarm stays, and a fault raises none";
    }
    EXPECT_EQ(appraiser_->judge().learned(), learned);
    EXPECT_EQ(appraiser_->judge().evidence().log_r, evidence);
    EXPECT_EQ(backend_.runs, runs) << "not scored";
    EXPECT_NE(name(live().verdict.kind), "sensor_fault") << "over when it is over";
  }

  const Contract contract_ = contract_for_test(terms());
  MemoryFiles files_;
  ToldScores backend_;
  QueueMemory memory_{contract_};
  std::unique_ptr<Appraiser> appraiser_;
  std::unique_ptr<SensorWatch> watch_;
  ReportBuilder builder_{contract_, {.device = "robot", .boot_id = "boot"}};
  const BootTime now_{std::chrono::seconds(100)};
  std::uint64_t cycle_ = 0;
};

// Of samples alone.
const std::pair<std::string_view, Change> kOfSamples[] = {
    {"repeating",
     [](Samples& x) {
       for (std::size_t i = 600; i < x.size(); ++i) x[i] = x[i - 600];
     }},
    {"held",
     [](Samples& x) {
       for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i / 6 * 6 + i % 3];
     }},
    {"stuck_bit",
     [](Samples& x) {
       for (std::size_t i = 0; i < x.size(); i += 3) x[i] = static_cast<std::int16_t>(x[i] & ~8);
     }},
    {"spikes",
     [](Samples& x) {
       for (std::size_t i = 61; i < x.size(); i += 300) x[i] = 20'000;
     }},
    {"clipped",
     [](Samples& x) {
       for (std::size_t i = 1; i < x.size(); i += 3) x[i] = std::min<std::int16_t>(x[i], 60);
     }},
    {"stuck",
     [](Samples& x) {
       for (std::size_t i = 1; i < x.size(); i += 3) x[i] = 4;
     }},
    {"not_a_number", [](Samples& x) { x[77] = INT16_MIN; }},
};

// Against what was learned.
const std::pair<std::string_view, Change> kLearned[] = {
    {"gain_changed",
     [](Samples& x) {
       for (auto& code : x) code = VibrationForTest::code(code * 9.80665);
     }},
    {"axes_swapped",
     [](Samples& x) {
       for (std::size_t i = 0; i < x.size(); i += 3) std::swap(x[i], x[i + 2]);
     }},
    {"turned",
     [](Samples& x) {
       for (std::size_t i = 2; i < x.size(); i += 3) x[i] = static_cast<std::int16_t>(-x[i]);
     }},
};

TEST_F(SensorCondition, a_fault_of_samples_is_told_and_nothing_of_it_learned_or_weighed_in_any_state) {
  live();
  for (const auto& [reason, change] : kOfSamples) expect_fault(reason, change);
  live_until(JudgeState::learning_calibration);
  for (const auto& [reason, change] : kOfSamples) expect_fault(reason, change);
  live_until(JudgeState::armed);
  for (const auto& [reason, change] : kOfSamples) expect_fault(reason, change);
  raise_the_alarm();
  for (const auto& [reason, change] : kOfSamples) expect_fault(reason, change);
}

TEST_F(SensorCondition, a_sensor_that_is_not_as_it_was_learned_is_told_from_the_fit_on) {
  live_until(JudgeState::learning_calibration);
  for (const auto& [reason, change] : kLearned) expect_fault(reason, change);
  live_until(JudgeState::armed);
  for (const auto& [reason, change] : kLearned) expect_fault(reason, change);
  open();
  for (const auto& [reason, change] : kLearned) expect_fault(reason, change);
  raise_the_alarm();
  for (const auto& [reason, change] : kLearned) expect_fault(reason, change);
}

TEST_F(SensorCondition, a_buffer_that_never_changes_is_never_armed_on) {
  const Samples buffer = machine();
  live(buffer);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(name(live(buffer).verdict.reason), "repeating");
  EXPECT_EQ(appraiser_->judge().learned(), 1u);
}

TEST_F(SensorCondition, samples_that_are_doubled_from_the_first_day_are_never_learned) {
  for (int i = 0; i < 300; ++i) EXPECT_EQ(name(live(kOfSamples[1].second).verdict.reason), "held");
  EXPECT_EQ(appraiser_->judge().learned(), 0u);
}

TEST_F(SensorCondition, what_was_changed_on_purpose_is_learned_anew_after_a_reset) {
  for (const auto& [reason, change] : kLearned) {
    live_until(JudgeState::armed);
    EXPECT_EQ(name(live(change).verdict.reason), reason);
    EXPECT_NE(builder_.report().sensor_note.view().find("torpor baseline reset"), std::string_view::npos);
    event(EventKind::reset);
    while (state() != JudgeState::armed) {
      ASSERT_NE(name(live(change).verdict.kind), "sensor_fault") << reason;
    }
    EXPECT_EQ(name(live(change).verdict.kind), "healthy") << reason;
    event(EventKind::reset);
  }
}

TEST_F(SensorCondition, accept_keeps_the_fit_and_what_it_says_of_the_sensor) {
  live_until(JudgeState::armed);
  event(EventKind::accept);
  ASSERT_EQ(state(), JudgeState::learning_calibration);
  for (const auto& [reason, change] : kLearned) expect_fault(reason, change);
  live_until(JudgeState::armed);
}

}  // namespace
}  // namespace torpor
