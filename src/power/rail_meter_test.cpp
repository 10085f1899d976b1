// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/rail_meter.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>

#include "base/fake/allocations.h"
#include "base/fake/fake_system_tree.h"
#include "power/meter_probe.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kHwmon = "/sys/class/hwmon/hwmon7/";
constexpr const char* kGpu = "/sys/devices/platform/bus@0/17000000.gpu/power/";
constexpr std::uint32_t kIdleMw = 1000;

// A module rail of 5 V whose current follows a given power; time is the test's.
class RailMeterTest : public ::testing::Test {
 protected:
  RailMeterTest() {
    tree_.put(at("name"), "ina3221");
    tree_.put(at("in2_label"), "VDD_IN");
    tree_.put(at("in2_input"), "5000");
    tree_.put(at("curr2_input"), [this] { return std::to_string(std::llround(power_mw_(now_) / 5)); });
    meter_ = probe_meter(tree_, {.idle_mw = kIdleMw});
  }
  static std::string at(const char* name) { return kHwmon + std::string(name); }

  EnergyCost lap(Phase phase, Duration span) {
    now_ += std::chrono::duration<double>(span).count();
    return meter_->lap(phase, span, false);
  }
  // (rail - idle) x time from the border before to now, by 20,000 midpoints.
  double truth(Duration span) const {
    const double length = std::chrono::duration<double>(span).count();
    double sum = 0;
    for (int i = 0; i < 20'000; ++i) sum += power_mw_(now_ - length + (i + 0.5) / 20'000 * length) - kIdleMw;
    return std::max(0.0, sum / 20'000 * length);
  }
  // Laps of one length through the waveform: each within its own bound.
  void within_bound(Duration span, int laps, double rounding_mj) {
    lap(Phase::sample, Duration::zero());
    for (int i = 0; i < laps; ++i) {
      const EnergyCost cost = lap(Phase::sample, span);
      ASSERT_TRUE(cost.measured);
      EXPECT_LE(std::fabs(truth(span) - cost.mj), cost.error_mj + rounding_mj) << "lap " << i;
    }
  }

  FakeSystemTree tree_;
  double now_ = 0;
  std::function<double(double)> power_mw_ = [](double) { return 6000.0; };
  std::unique_ptr<EnergyMeter> meter_;
};

TEST_F(RailMeterTest, a_steady_rail_is_exact_and_has_no_error) {
  lap(Phase::sleep, Duration::zero());
  const EnergyCost cost = lap(Phase::sample, seconds(5));
  EXPECT_DOUBLE_EQ(cost.mj, 25'000);
  EXPECT_DOUBLE_EQ(cost.error_mj, 0);
  EXPECT_FALSE(cost.interpolated);
  EXPECT_EQ(meter_->source(), "ina3221 VDD_IN");
  EXPECT_EQ(meter_->coverage(), "module, without carrier board");
}

// Rounding: half a mA at 5 V over the span, at each of the two readings.
TEST_F(RailMeterTest, a_ramp_is_within_its_bound_and_exact) {
  power_mw_ = [](double t) { return 4000 + 250 * t; };
  lap(Phase::sample, Duration::zero());
  const EnergyCost cost = lap(Phase::sample, seconds(4));
  EXPECT_DOUBLE_EQ(cost.mj, (4500 - kIdleMw) * 4.0);
  EXPECT_DOUBLE_EQ(cost.error_mj, 2000);
}

TEST_F(RailMeterTest, a_step_anywhere_in_a_span_is_within_its_bound) {
  for (const double when : {0.001, 0.3, 0.5, 0.77, 0.999}) {
    now_ = 0;
    power_mw_ = [when](double t) { return t < when ? 4000.0 : 11'000.0; };
    within_bound(seconds(1), 1, 2.5 + 0.5);
  }
}

TEST_F(RailMeterTest, a_sine_slower_than_a_span_is_within_its_bound_between_its_turns) {
  // Period 8 s, laps of half a second with borders on the turns: each lap moves one way.
  power_mw_ = [](double t) { return 6000 + 3000 * std::sin(2 * M_PI * t / 8); };
  within_bound(milliseconds(500), 64, 1.25 + 0.01);
}

TEST_F(RailMeterTest, a_saw_of_falls_and_rises_is_within_its_bound_in_every_phase) {
  power_mw_ = [](double t) { return 3000 + 4000 * std::fabs(std::fmod(t, 2.0) - 1); };
  within_bound(seconds(1), 40, 5.01);
}

TEST_F(RailMeterTest, a_spike_between_two_borders_is_not_seen_and_no_bound_claims_it_is) {
  power_mw_ = [](double t) { return t > 0.4 && t < 0.6 ? 11'000.0 : 4000.0; };
  lap(Phase::sample, Duration::zero());
  const EnergyCost cost = lap(Phase::sample, seconds(1));
  EXPECT_DOUBLE_EQ(cost.mj, 3000);
  EXPECT_DOUBLE_EQ(cost.error_mj, 0);
}

TEST_F(RailMeterTest, a_sleep_below_idle_costs_nothing_and_is_labelled_interpolated) {
  power_mw_ = [](double) { return 600.0; };
  lap(Phase::report, Duration::zero());
  const EnergyCost cost = lap(Phase::sleep, seconds(55));
  EXPECT_EQ(cost.mj, 0);
  EXPECT_TRUE(cost.interpolated);
  EXPECT_TRUE(cost.measured);
}

TEST_F(RailMeterTest, the_share_of_a_sleep_in_which_the_gpu_was_active_is_charged_at_the_held_reading) {
  double active_ms = 5000;
  double suspended_ms = 100'000;
  tree_.put(kGpu + std::string("runtime_active_time"),
            [&] { return std::to_string(std::llround(active_ms)); });
  tree_.put(kGpu + std::string("runtime_suspended_time"),
            [&] { return std::to_string(std::llround(suspended_ms)); });
  meter_ = probe_meter(tree_, {.idle_mw = kIdleMw});
  power_mw_ = [](double) { return 11'000.0; };
  lap(Phase::infer, Duration::zero());
  power_mw_ = [](double) { return 2000.0; };
  lap(Phase::report, Duration::zero());
  active_ms += 10'000;  // a quarter of the sleep; both readings at its ends are cool
  suspended_ms += 30'000;
  const EnergyCost cost = lap(Phase::sleep, seconds(40));
  EXPECT_DOUBLE_EQ(cost.mj, (0.25 * 11'000 + 0.75 * 2000 - kIdleMw) * 40);
  EXPECT_TRUE(cost.interpolated);
  // Counters that go backwards or fail tell nothing: the two readings stand alone.
  active_ms = 0;
  lap(Phase::report, Duration::zero());
  tree_.fail(kGpu + std::string("runtime_suspended_time"), EIO);
  EXPECT_DOUBLE_EQ(lap(Phase::sleep, seconds(40)).mj, (2000.0 - kIdleMw) * 40);
}

TEST_F(RailMeterTest, a_channel_that_fails_leaves_both_its_spans_unmeasured_and_is_tried_again) {
  lap(Phase::sleep, Duration::zero());
  tree_.fail(at("curr2_input"), EIO);
  const EnergyCost failed = lap(Phase::sample, seconds(5));
  EXPECT_FALSE(failed.measured);
  EXPECT_EQ(failed.mj, 0);
  EXPECT_EQ(meter_->source(), "ina3221 VDD_IN: EIO");
  EXPECT_EQ(meter_->rail_mw().error().reason, Reason::io_failed);
  tree_.fail(at("curr2_input"), 0);
  EXPECT_FALSE(lap(Phase::infer, seconds(1)).measured) << "it began without a reading";
  EXPECT_EQ(meter_->source(), "ina3221 VDD_IN");
  EXPECT_TRUE(lap(Phase::release, seconds(1)).measured);
}

TEST_F(RailMeterTest, garbage_moving_huge_negative_and_zero_readings_are_a_named_state_never_a_figure) {
  struct Case {
    const char* mv;
    const char* ma;
  };
  for (const Case& c : {Case{"5000", "garbage"}, Case{"5000", ""}, Case{"", "1000"}, Case{"5000", "-8"},
                        Case{"0", "1000"}, Case{"5000", "0"}, Case{"5000", "99999999999999999999"},
                        Case{"26001", "1000"}, Case{"26000", "200000"}, Case{"5000", "1 000"}}) {
    tree_.put(at("in2_input"), c.mv);
    tree_.put(at("curr2_input"), c.ma);
    lap(Phase::sleep, Duration::zero());
    const EnergyCost cost = lap(Phase::sample, seconds(5));
    EXPECT_FALSE(cost.measured) << c.mv << " " << c.ma;
    EXPECT_EQ(cost.mj, 0);
    EXPECT_EQ(meter_->source(), "ina3221 VDD_IN: bad value") << c.mv << " " << c.ma;
  }
  tree_.remove(at("in2_input"));  // the device moved to another number
  lap(Phase::sleep, Duration::zero());
  EXPECT_EQ(meter_->source(), "ina3221 VDD_IN: absent");
}

TEST_F(RailMeterTest, reads_only_at_a_border_and_once) {
  const std::uint64_t before = tree_.reads(at("curr2_input"));
  lap(Phase::sample, seconds(5));
  EXPECT_EQ(tree_.reads(at("curr2_input")), before + 1);
}

}  // namespace
}  // namespace torpor
