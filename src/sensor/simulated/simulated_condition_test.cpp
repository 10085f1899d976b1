// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// No check of a sensor finds anything in a machine that is sound, bumped about or breaking: damage is told as
// damage, and at the rails as saturation.
#include <gtest/gtest.h>

#include "base/fake/fake_clock.h"
#include "sensor/fake/pack.h"
#include "sensor/simulated/simulated_bearing.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

std::vector<std::int16_t> next_window(SampleSource& source, std::uint64_t number, std::uint32_t samples) {
  FakeClock clock;
  EXPECT_TRUE(source.start(number, samples, clock.now()).ok());
  clock.advance(std::chrono::hours(1));
  std::vector<std::int16_t> all;
  for (;;) {
    const auto step = source.poll(clock.now());
    if (!step->frame) return all;
    all.insert(all.end(), step->frame->samples.begin(), step->frame->samples.end());
  }
}

class SimulatedCondition : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void expect_sound(SimConfig config, bool may_saturate = false) {
    const std::uint32_t rate = GetParam();
    SensorTerms sensor = sensor_for_test(rate, 3);
    for (config.seed = 1; config.seed <= 2; ++config.seed) {
      const auto source = SimulatedBearing::make(config, sensor);
      ASSERT_TRUE(source.ok()) << one_line(source.error()).view();
      RepeatFinder repeats;
      for (std::uint64_t window = 0; window < 2; ++window) {
        const auto samples = next_window(**source, window, 2 * rate);
        const auto finding = check_samples(samples, (*source)->describe().scale_pg, sensor, repeats);
        const bool sound = finding.quality == WindowQuality::good ||
                           (may_saturate && finding.quality == WindowQuality::saturated);
        EXPECT_TRUE(sound) << name(finding.quality) << " seed " << config.seed << " window " << window << ": "
                           << finding.note.view();
      }
    }
  }
};

TEST_P(SimulatedCondition, a_sound_machine_is_good) { expect_sound({}); }

TEST_P(SimulatedCondition, bumps_are_good) { expect_sound({.bumps_per_s = 2, .bump_g = 3}); }

TEST_P(SimulatedCondition, a_ramp_is_good) { expect_sound({.ramp = 0.8, .wander = 0.05}); }

TEST_P(SimulatedCondition, a_quiet_machine_is_good) {
  expect_sound({.background_g = 0.0005, .shaft_g = 0.0002, .belt_g = 0.0001});
}

TEST_P(SimulatedCondition, damage_of_every_kind_and_severity_is_no_sensor_fault) {
  for (const BearingFault fault : {BearingFault::inner, BearingFault::outer, BearingFault::ball})
    for (const double severity : {6.0, 50.0, 1000.0})
      expect_sound({.fault = fault, .severity = severity}, true);
}

TEST_P(SimulatedCondition, damage_at_a_quiet_slow_shaft_is_no_sensor_fault) {
  expect_sound({.rpm = 120,
                .background_g = 0.001,
                .shaft_g = 0.0005,
                .belt_g = 0,
                .fault = BearingFault::outer,
                .severity = 1000},
               true);
}

INSTANTIATE_TEST_SUITE_P(Rates, SimulatedCondition, ::testing::Values(1600u, 3200u, 12'800u, 25'600u));

}  // namespace
}  // namespace torpor
