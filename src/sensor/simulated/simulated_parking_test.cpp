// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A simulated machine that parks, starts, stops and drives at several speeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/fake/fake_clock.h"
#include "sensor/fake/pack.h"
#include "sensor/simulated/simulated_bearing.h"

namespace torpor {
namespace {

std::unique_ptr<SimulatedBearing> made(const SimConfig& config, const SensorTerms& sensor) {
  auto source = SimulatedBearing::make(config, sensor);
  EXPECT_TRUE(source.ok()) << one_line(source.error()).view();
  return *std::move(source);
}

std::vector<std::int16_t> rest_of(SampleSource& source, FakeClock& clock) {
  clock.advance(std::chrono::hours(1));
  std::vector<std::int16_t> all;
  for (;;) {
    const auto step = source.poll(clock.now());
    if (!step->frame) return all;
    all.insert(all.end(), step->frame->samples.begin(), step->frame->samples.end());
  }
}

std::vector<std::int16_t> window_of(SampleSource& source, std::uint32_t samples) {
  FakeClock clock;
  EXPECT_TRUE(source.start(0, samples, clock.now()).ok());
  return rest_of(source, clock);
}

SimConfig damaged(BearingFault fault, std::uint64_t seed) {
  return {.seed = seed, .fault = fault, .severity = 8};
}

// Of samples [from, from + count) of the one axis, in g.
double rms(const std::vector<std::int16_t>& window, std::size_t from, std::size_t count,
           std::int64_t scale_pg) {
  double sum = 0;
  for (std::size_t i = from; i < from + count; ++i) {
    const double g = window[i] * static_cast<double>(scale_pg) * 1e-12;
    sum += g * g;
  }
  return std::sqrt(sum / static_cast<double>(count));
}

TEST(SimulatedParking, parks_in_turns_starts_from_a_stand_and_comes_to_one) {
  SimConfig config = damaged(BearingFault::outer, 2);
  config.park_from = 2;
  config.park_windows = 2;
  config.drive_windows = 4;
  const SensorTerms sensor = sensor_for_test(3200, 1);
  const auto source = made(config, sensor);
  const double noise = 1.5e-6 * sensor.noise_floor_ug;
  struct Window {
    bool runs_first, runs_last;
  };
  const Window windows[] = {{true, true},   {true, false},  {false, false}, {false, false},
                            {false, true},  {true, true},   {true, true},   {true, false},
                            {false, false}, {false, false}, {false, true}};
  for (std::size_t w = 0; w < std::size(windows); ++w) {
    FakeClock clock;
    ASSERT_TRUE(source->start(w, 16'000, clock.now()).ok());
    EXPECT_EQ(source->context().stopped, !windows[w].runs_first) << w;
    EXPECT_EQ(source->context().rpm_milli > 0, windows[w].runs_first) << w;
    const auto all = rest_of(*source, clock);
    EXPECT_EQ(source->context().stopped, !windows[w].runs_last) << w;
    const std::int64_t scale_pg = source->describe().scale_pg;
    EXPECT_EQ(rms(all, 0, 3000, scale_pg) > 3 * noise, windows[w].runs_first) << w;
    EXPECT_EQ(rms(all, 13'000, 3000, scale_pg) > 3 * noise, windows[w].runs_last) << w;
    EXPECT_GT(rms(all, 13'000, 3000, scale_pg), noise / 2) << "the sensor's noise is always there";
  }
}

TEST(SimulatedParking, parks_for_good_where_it_is_not_said_to_drive) {
  SimConfig config;
  config.park_windows = 1;
  const auto source = made(config, sensor_for_test(3200, 1));
  for (int w = 0; w < 5; ++w) {
    window_of(*source, 1000);
    EXPECT_TRUE(source->context().stopped);
  }
  config.park_windows = 0;
  config.rpm = 0;
  const auto still = made(config, sensor_for_test(3200, 1));
  window_of(*still, 1000);
  EXPECT_TRUE(still->context().stopped);
}

TEST(SimulatedParking, a_window_that_is_driven_is_the_same_whether_the_machine_parks_or_not) {
  SimConfig config = damaged(BearingFault::inner, 5);
  const SensorTerms sensor = sensor_for_test(3200, 1);
  const auto always = made(config, sensor);
  config.park_windows = 1;
  config.drive_windows = 3;
  const auto parks = made(config, sensor);
  for (int w = 0; w < 3; ++w) {
    const auto a = window_of(*always, 1000), b = window_of(*parks, 1000);
    EXPECT_EQ(a == b, w == 2) << w;
  }
}

TEST(SimulatedParking, refuses_a_speed_out_of_range) {
  for (const double bad : {5.0, -900.0, 1e9}) {
    SimConfig config;
    config.speeds = {900, bad};
    const auto source = SimulatedBearing::make(config, sensor_for_test(3200, 1));
    ASSERT_FALSE(source.ok()) << bad;
    EXPECT_EQ(source.error().where.view(), "speeds");
  }
}

TEST(SimulatedParking, drives_at_each_of_its_speeds_and_states_them_or_not) {
  SimConfig config;
  config.speeds = {900, 1800, 2700};
  config.wander = 0;
  const auto source = made(config, sensor_for_test(3200, 1));
  int seen[3] = {};
  for (int w = 0; w < 60; ++w) {
    window_of(*source, 100);
    const auto at =
        std::find(config.speeds.begin(), config.speeds.end(), source->context().rpm_milli / 1000.0);
    ASSERT_LT(at - config.speeds.begin(), 3) << source->context().rpm_milli;
    ++seen[at - config.speeds.begin()];
  }
  for (const int windows : seen) EXPECT_GT(windows, 8);
  config.states_speed = false;
  const auto silent = made(config, sensor_for_test(3200, 1));
  window_of(*silent, 100);
  EXPECT_FALSE(silent->context().speed_stated());
}

}  // namespace
}  // namespace torpor
