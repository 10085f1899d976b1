// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "machine/machine_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "contract/fake/example_contract.h"
#include "window/frame_queue.h"

namespace torpor {
namespace {

constexpr std::int64_t kScalePg = 488'000'000;  // 0.488 mg an LSB
constexpr std::uint32_t kSamples = 16'000;      // 5 s
constexpr double kRateHz = 3200;
constexpr Context kSilent{};
constexpr Context kStopped{.stopped = true};

Context at(std::uint32_t rpm) { return {.rpm_milli = rpm * 1000}; }

// Milli-g as a function of the sample; three axes, the second the loudest.
using Signal = std::function<double(std::uint32_t sample)>;

class Noise {
 public:
  double operator()(double rms_mg) {
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
      state_ = state_ * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      sum += static_cast<double>(state_ >> 40) / 16'777'216.0 - 0.5;
    }
    return sum * rms_mg;
  }

 private:
  std::uint64_t state_ = 7;
};

class MachineStateTest : public testing::Test {
 protected:
  MachineStateTest() {
    const Terms terms = terms_for_test();
    sensor_ = terms.sensor_list[0];
    sensor_.axes = 3;
    sensor_.running_ug = 10'000;
    machine_ = {.running_rpm_milli = 60'000, .standing_cycles = 240};
  }

  MachineFacts judge(const Signal& signal, const Context& first, const Context& last) {
    samples_.clear();
    for (std::uint32_t i = 0; i < kSamples; ++i) {
      const double mg = signal(i);
      for (const double gain : {0.5, 1.0, 0.2})
        samples_.push_back(static_cast<std::int16_t>(std::lround(gain * mg * 1e9 / kScalePg)));
    }
    return judge_machine(window(first, last), sensor_, machine_, known_);
  }
  MachineFacts judge(const Signal& signal, const Context& throughout = kSilent) {
    return judge(signal, throughout, throughout);
  }
  Window window(const Context& first, const Context& last) const {
    return {.rate_mhz = 3'200'000,
            .axes = 3,
            .scale_pg = kScalePg,
            .samples = samples_,
            .block_starts = blocks_,
            .context = first,
            .context_end = last};
  }

  Noise noise_;
  const Signal standing_ = [this](std::uint32_t) { return noise_(2); };
  const Signal running_ = [this](std::uint32_t) { return noise_(50); };
  SensorTerms sensor_{};
  MachineTerms machine_{};
  KnownRunning known_{};
  std::vector<std::int16_t> samples_;
  std::vector<std::uint32_t> blocks_{0};
};

TEST_F(MachineStateTest, stands_by_level_where_no_speed_is_stated) {
  const MachineFacts facts = judge(standing_);
  EXPECT_EQ(facts.state, MachineState::standing);
  EXPECT_EQ(facts.witness, MachineWitness::level);
  EXPECT_FALSE(facts.contradicts);
  EXPECT_EQ(facts.running_ug, 10'000u);
}

TEST_F(MachineStateTest, tells_the_level_of_the_loudest_axis) {
  const MachineFacts facts = judge(running_);
  EXPECT_EQ(facts.state, MachineState::steady);
  EXPECT_NEAR(facts.quietest_ug, 50'000, 4000);
  EXPECT_NEAR(facts.loudest_ug, 50'000, 4000);
  EXPECT_LE(facts.quietest_ug, facts.loudest_ug);
}

TEST_F(MachineStateTest, a_start_in_the_middle_is_a_change) {
  const MachineFacts facts = judge([&](std::uint32_t i) { return noise_(i < kSamples / 2 ? 2 : 50); });
  EXPECT_EQ(facts.state, MachineState::changing);
  EXPECT_EQ(facts.witness, MachineWitness::level);
}

TEST_F(MachineStateTest, a_stop_before_the_last_eighth_is_a_change) {
  EXPECT_EQ(judge([&](std::uint32_t i) { return noise_(i < kSamples * 13 / 16 ? 50 : 2); }).state,
            MachineState::changing);
}

TEST_F(MachineStateTest, knocks_on_a_standing_machine_are_no_start) {
  // A load is set down twice: 200 ms each at 2 g.
  EXPECT_EQ(judge([&](std::uint32_t i) { return noise_(i % 8000 < 640 ? 2000 : 2); }).state,
            MachineState::standing);
}

TEST_F(MachineStateTest, a_standing_machine_that_is_tilted_or_rocked_stands) {
  const auto tilted = [&](std::uint32_t i) { return noise_(2) + (i < kSamples / 3 ? 0 : 200); };
  const auto rocked = [&](std::uint32_t i) {
    return noise_(2) + 80 * std::sin(2 * std::numbers::pi * 0.7 * i / kRateHz);
  };
  EXPECT_EQ(judge(tilted).state, MachineState::standing);
  EXPECT_EQ(judge(rocked).state, MachineState::standing);
}

TEST_F(MachineStateTest, bumps_on_a_running_machine_leave_it_steady) {
  EXPECT_EQ(judge([&](std::uint32_t i) { return noise_(i % 5000 < 600 ? 3000 : 50); }).state,
            MachineState::steady);
}

TEST_F(MachineStateTest, a_failing_bearing_that_strikes_ten_times_a_second_is_steady) {
  const auto struck = [&](std::uint32_t i) {
    const double since = std::fmod(i, kRateHz / 10) / kRateHz;
    return noise_(15) + 4000 * std::exp(-since * 800) * std::sin(2 * std::numbers::pi * 900 * since);
  };
  const MachineFacts facts = judge(struck);
  EXPECT_EQ(facts.state, MachineState::steady);
  EXPECT_EQ(judge(struck, at(300)).state, MachineState::steady);
}

TEST_F(MachineStateTest, a_shaft_that_is_said_to_be_stopped_stands_however_loud_it_is) {
  const MachineFacts facts = judge(running_, kStopped);
  EXPECT_EQ(facts.state, MachineState::standing);
  EXPECT_EQ(facts.witness, MachineWitness::speed);
  EXPECT_FALSE(facts.contradicts);
  EXPECT_GT(facts.quietest_ug, 40'000u) << "the evidence is told all the same";
}

TEST_F(MachineStateTest, a_shaft_that_is_said_to_turn_and_is_not_heard_contradicts) {
  const MachineFacts facts = judge(standing_, at(1800));
  EXPECT_EQ(facts.state, MachineState::steady);
  EXPECT_EQ(facts.witness, MachineWitness::speed);
  EXPECT_TRUE(facts.contradicts);
}

TEST_F(MachineStateTest, the_level_of_its_own_baseline_contradicts_no_stated_speed) {
  sensor_.running_ug = 0;
  known_.running_ug = 10'000;
  const MachineFacts facts = judge(standing_, at(120));
  EXPECT_EQ(facts.state, MachineState::steady) << "it may never have run so slowly before";
  EXPECT_FALSE(facts.contradicts);
}

TEST_F(MachineStateTest, the_border_of_the_stated_speed_runs) {
  EXPECT_EQ(judge(running_, {.rpm_milli = 60'000}).state, MachineState::steady);
  EXPECT_EQ(judge(running_, {.rpm_milli = 59'999}).state, MachineState::standing);
  EXPECT_EQ(judge(running_, {.rpm_milli = 60'000}, {.rpm_milli = 59'999}).state, MachineState::changing);
}

TEST_F(MachineStateTest, a_speed_may_move_by_a_tenth) {
  EXPECT_EQ(judge(running_, at(1800), at(2000)).state, MachineState::steady);
  EXPECT_EQ(judge(running_, at(2000), at(1800)).state, MachineState::steady);
  EXPECT_EQ(judge(running_, at(1799), at(2000)).state, MachineState::changing);
  EXPECT_EQ(judge(running_, at(2000), at(1799)).state, MachineState::changing);
}

TEST_F(MachineStateTest, a_machine_that_starts_or_stops_by_its_stated_speed_changes) {
  EXPECT_EQ(judge(running_, kStopped, at(1800)).state, MachineState::changing);
  EXPECT_EQ(judge(running_, at(1800), kStopped).state, MachineState::changing);
}

TEST_F(MachineStateTest, a_stop_between_two_equal_speeds_is_heard) {
  const MachineFacts facts =
      judge([&](std::uint32_t i) { return noise_(i > 6000 && i < 10'500 ? 2 : 50); }, at(1800));
  EXPECT_EQ(facts.state, MachineState::changing);
  EXPECT_EQ(facts.witness, MachineWitness::level);
  EXPECT_FALSE(facts.contradicts);
}

TEST_F(MachineStateTest, a_speed_stated_at_one_end_is_that_of_both) {
  EXPECT_EQ(judge(running_, kSilent, at(1800)).witness, MachineWitness::speed);
  EXPECT_EQ(judge(running_, kSilent, at(1800)).state, MachineState::steady);
  EXPECT_EQ(judge(running_, kStopped, kSilent).state, MachineState::standing);
}

TEST_F(MachineStateTest, a_peer_that_says_both_stopped_and_a_speed_is_stopped) {
  EXPECT_EQ(judge(running_, {.rpm_milli = 1'800'000, .stopped = true}).state, MachineState::standing);
}

TEST_F(MachineStateTest, without_a_speed_and_a_level_nothing_is_known) {
  sensor_.running_ug = 0;
  machine_ = {};
  const MachineFacts facts = judge(standing_);
  EXPECT_EQ(facts.state, MachineState::unknown);
  EXPECT_EQ(facts.witness, MachineWitness::none);
  EXPECT_GT(facts.loudest_ug, 0u) << "the levels are told, to choose a running level by";
}

TEST_F(MachineStateTest, a_contract_without_levels_takes_that_of_the_baseline) {
  sensor_.running_ug = 0;
  machine_ = {};
  known_.running_ug = 8000;
  EXPECT_EQ(judge(standing_).state, MachineState::standing);
  EXPECT_EQ(judge(standing_).running_ug, 8000u);
  EXPECT_EQ(judge(running_).state, MachineState::steady);
}

TEST_F(MachineStateTest, a_contract_without_a_least_speed_takes_any_for_running) {
  machine_ = {};
  EXPECT_EQ(judge(running_, {.rpm_milli = 1}).state, MachineState::steady);
  EXPECT_EQ(judge(running_, kStopped).state, MachineState::standing);
}

TEST_F(MachineStateTest, a_window_of_few_samples_is_judged_by_what_there_is) {
  for (const std::size_t samples : {0u, 7u, 8u, 31u, 100u, 511u, 513u}) {
    samples_.clear();
    for (std::size_t i = 0; i < samples * 3; ++i) samples_.push_back(i % 2 == 0 ? 200 : -200);
    const MachineFacts facts = judge_machine(window(kSilent, kSilent), sensor_, machine_, known_);
    EXPECT_EQ(facts.state, samples < 8 ? MachineState::unknown : facts.state) << samples;
    EXPECT_LE(facts.quietest_ug, facts.loudest_ug) << samples;
  }
}

TEST_F(MachineStateTest, the_largest_scale_and_samples_do_not_overflow) {
  samples_.assign(std::size_t{kSamples} * 3, 32'767);
  for (std::size_t i = 0; i < samples_.size(); i += 6) samples_[i] = -32'767;
  Window loud = window(kSilent, kSilent);
  loud.scale_pg = kMaxScalePg;
  EXPECT_EQ(judge_machine(loud, sensor_, machine_, known_).state, MachineState::steady);
}

TEST_F(MachineStateTest, every_state_and_witness_has_its_name) {
  EXPECT_EQ(name(MachineState::unknown), "unknown");
  EXPECT_EQ(name(MachineState::standing), "standing");
  EXPECT_EQ(name(MachineState::changing), "changing");
  EXPECT_EQ(name(MachineState::steady), "steady");
  EXPECT_EQ(name(MachineWitness::none), "none");
  EXPECT_EQ(name(MachineWitness::speed), "speed");
  EXPECT_EQ(name(MachineWitness::level), "level");
}

}  // namespace
}  // namespace torpor
