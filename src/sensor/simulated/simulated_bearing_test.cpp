// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/simulated/simulated_bearing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/fake/allocations.h"
#include "base/fake/fake_clock.h"
#include "bearing/bearing_orders.h"
#include "sensor/fake/envelope.h"
#include "sensor/fake/pack.h"
#include "sensor/simulated/sim_random.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

constexpr std::uint32_t kRate = 12'800;
constexpr std::uint32_t kSamples = kRate * 8;

std::unique_ptr<SimulatedBearing> made(const SimConfig& config, const SensorTerms& sensor) {
  auto source = SimulatedBearing::make(config, sensor);
  EXPECT_TRUE(source.ok()) << one_line(source.error()).view();
  return *std::move(source);
}

std::vector<std::int16_t> window_of(SampleSource& source, std::uint32_t samples) {
  FakeClock clock;
  EXPECT_TRUE(source.start(0, samples, clock.now()).ok());
  clock.advance(std::chrono::hours(1));
  std::vector<std::int16_t> all;
  for (;;) {
    const auto step = source.poll(clock.now());
    if (!step->frame) return all;
    all.insert(all.end(), step->frame->samples.begin(), step->frame->samples.end());
  }
}

// One axis in g.
std::vector<double> axis_of(const std::vector<std::int16_t>& window, std::size_t axis, std::size_t axes,
                            std::int64_t scale_pg) {
  std::vector<double> out;
  for (std::size_t i = axis; i < window.size(); i += axes)
    out.push_back(window[i] * static_cast<double>(scale_pg) * 1e-12);
  return out;
}

double rms(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// What a machine's first window shows on its one axis.
struct Look {
  LibraryEnvelope spectrum;
  BearingOrders orders;
  double shaft_hz;
};
Look look(const SimConfig& config) {
  const SensorTerms sensor = sensor_for_test(kRate, 1);
  const auto source = made(config, sensor);
  const auto x = axis_of(window_of(*source, kSamples), 0, 1, source->describe().scale_pg);
  return {LibraryEnvelope(x, kRate, 0.05, 0.48), *bearing_orders(sensor.bearing),
          source->context().rpm_milli / 60e3};
}

SimConfig faulty(BearingFault fault, std::uint64_t seed) {
  SimConfig config;
  config.seed = seed;
  config.fault = fault;
  config.severity = 8;
  config.rpm = 1500 + 100 * static_cast<double>(seed);
  return config;
}

constexpr double kSeen = 5;       // prominence of a line that is there
constexpr double kNothing = 4.6;  // the largest that chance makes of the some twenty bins looked at

// A line stands at `hertz`: the largest within 4 % is within 1 % of it.
void expect_line(const Look& at, double hertz, double prominence, const char* what) {
  const auto line = at.spectrum.near(hertz, 0.04);
  EXPECT_NEAR(line.hertz, hertz, 0.01 * hertz) << what;
  EXPECT_GE(line.prominence, prominence) << what;
}
void expect_no_defect(const Look& at) {
  for (int h = 1; h <= 3; ++h)
    for (const double order : {at.orders.bpfi, at.orders.bpfo, 2 * at.orders.bsf, at.orders.ftf})
      EXPECT_LT(at.spectrum.near(h * order * at.shaft_hz, 0.01).prominence, kNothing) << h << " x " << order;
}

class EverySeed : public testing::TestWithParam<int> {
 protected:
  std::uint64_t seed() const { return static_cast<std::uint64_t>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, EverySeed, testing::Range(1, 7));

TEST_P(EverySeed, an_inner_race_fault_shows_bpfi_its_harmonics_and_shaft_sidebands) {
  const Look at = look(faulty(BearingFault::inner, seed()));
  const double bpfi = at.orders.bpfi * at.shaft_hz;
  expect_line(at, bpfi, kSeen, "bpfi");
  expect_line(at, 2 * bpfi, kSeen, "2 bpfi");
  expect_line(at, bpfi - at.shaft_hz, kSeen, "lower sideband");
  expect_line(at, bpfi + at.shaft_hz, kSeen, "upper sideband");
  expect_line(at, at.shaft_hz, kSeen, "shaft");
}

TEST_P(EverySeed, an_outer_race_fault_shows_bpfo_and_harmonics_without_sidebands) {
  const Look at = look(faulty(BearingFault::outer, seed()));
  const double bpfo = at.orders.bpfo * at.shaft_hz;
  expect_line(at, bpfo, kSeen, "bpfo");
  expect_line(at, 2 * bpfo, kSeen, "2 bpfo");
  expect_line(at, 3 * bpfo, 3.5, "3 bpfo");  // slip blurs a line by the square of its number
  const double line = at.spectrum.near(bpfo, 0.01).prominence;
  EXPECT_LT(at.spectrum.near(bpfo + at.shaft_hz, 0.01).prominence, line / 3);
  EXPECT_LT(at.spectrum.near(bpfo - at.shaft_hz, 0.01).prominence, line / 3);
}

TEST_P(EverySeed, a_ball_fault_shows_twice_the_spin_modulated_by_the_cage) {
  const Look at = look(faulty(BearingFault::ball, seed()));
  const double spin = 2 * at.orders.bsf * at.shaft_hz;
  const double cage = at.orders.ftf * at.shaft_hz;
  expect_line(at, spin, kSeen, "2 bsf");
  EXPECT_GE(at.spectrum.near(spin + cage, 0.01).prominence, kSeen);
  EXPECT_GE(at.spectrum.near(spin - cage, 0.01).prominence, kSeen);
  expect_line(at, cage, kSeen, "cage");
}

TEST_P(EverySeed, a_healthy_machine_shows_no_defect) {
  SimConfig config = faulty(BearingFault::none, seed());
  expect_no_defect(look(config));
}

TEST_P(EverySeed, bumps_and_belt_tones_alone_show_no_defect) {
  SimConfig config = faulty(BearingFault::none, seed());
  config.bumps_per_s = 3;
  config.belt_g = 0.1;
  config.shaft_g = 0.1;
  expect_no_defect(look(config));
}

TEST(SimulatedBearing, follows_a_ramp_of_the_shaft) {
  SimConfig config = faulty(BearingFault::outer, 3);
  config.ramp = 0.4;
  const SensorTerms sensor = sensor_for_test(kRate, 1);
  const auto source = made(config, sensor);
  const double bpfo = bearing_orders(sensor.bearing)->bpfo * config.rpm / 60;
  for (const double direction : {1.0, -1.0}) {  // up in one window, down in the next
    const auto x = axis_of(window_of(*source, kSamples), 0, 1, source->describe().scale_pg);
    constexpr std::size_t kEighth = kSamples / 8;
    const std::span<const double> all(x);
    const LibraryEnvelope early(all.first(kEighth), kRate, 0.05, 0.48);
    const LibraryEnvelope late(all.last(kEighth), kRate, 0.05, 0.48);
    const double first = bpfo * (1 - direction * 0.2 * 7 / 8);
    const double last = bpfo * (1 + direction * 0.2 * 7 / 8);
    EXPECT_NEAR(early.largest(0.7 * bpfo, 1.3 * bpfo).hertz, first, 0.04 * first);
    EXPECT_NEAR(late.largest(0.7 * bpfo, 1.3 * bpfo).hertz, last, 0.04 * last);
  }
}

TEST(SimulatedBearing, damage_begins_at_its_window_and_grows) {
  SimConfig config = faulty(BearingFault::outer, 1);
  config.severity = 20;
  config.fault_from = 3;
  config.fault_grow = 4;
  const auto source = made(config, sensor_for_test(3200, 1));
  const double truth[] = {
      0, 0, 0, 20 * std::pow(10, -0.75), 20 * std::pow(10, -0.5), 20 * std::pow(10, -0.25), 20, 20};
  double level[8];
  for (int w = 0; w < 8; ++w) {
    level[w] = rms(axis_of(window_of(*source, 8000), 0, 1, source->describe().scale_pg));
    EXPECT_NEAR(source->severity(), truth[w], 1e-9) << w;
  }
  EXPECT_NEAR(level[2] / level[0], 1, 0.15);
  for (int w = 4; w < 7; ++w) EXPECT_GT(level[w], level[w - 1]) << w;
  EXPECT_GT(level[6], 2 * level[0]);
}

TEST(SimulatedBearing, is_as_loud_as_configured) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SimConfig config;
    config.seed = seed;
    config.shaft_g = config.belt_g = 0;
    const auto source = made(config, sensor_for_test(3200, 3));
    const auto window = window_of(*source, 16'000);
    double power = 0;
    for (std::size_t a = 0; a < 3; ++a)
      power += std::pow(rms(axis_of(window, a, 3, source->describe().scale_pg)), 2) / 3;
    EXPECT_NEAR(std::sqrt(power), config.background_g, 0.1 * config.background_g);
    // The axes see different things: no two of them are copies.
    EXPECT_NE(axis_of(window, 0, 3, 1), axis_of(window, 1, 3, 1));
  }
}

TEST(SimulatedBearing, a_strike_of_severity_one_is_as_high_as_the_background) {
  SimConfig config = faulty(BearingFault::outer, 2);
  config.severity = 100;
  config.shaft_g = config.belt_g = 0;
  const auto source = made(config, sensor_for_test(kRate, 3));
  const auto window = window_of(*source, kRate);
  double peak = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (const double v : axis_of(window, a, 3, source->describe().scale_pg))
      peak = std::max(peak, std::fabs(v));
  const double typical = 100 * config.background_g;
  EXPECT_GT(peak, typical);
  EXPECT_LT(peak, 5 * typical);  // the strongest of some hundred, scattered log-normally
}

TEST(SimulatedBearing, a_healthy_window_passes_the_checks_and_a_violent_one_saturates) {
  SimConfig config;
  config.bumps_per_s = 1;
  const SensorTerms sensor = sensor_for_test(3200, 3);
  const auto healthy = made(config, sensor);
  EXPECT_EQ(check_samples(window_of(*healthy, 16'000), healthy->describe().scale_pg, sensor),
            WindowQuality::good);
  config.bumps_per_s = 20;
  config.bump_g = 500;
  const auto violent = made(config, sensor);
  EXPECT_EQ(check_samples(window_of(*violent, 16'000), violent->describe().scale_pg, sensor),
            WindowQuality::saturated);
}

TEST(SimulatedBearing, a_window_depends_on_seed_and_number_only) {
  const SensorTerms sensor = sensor_for_test(3200, 2);
  SimConfig config = faulty(BearingFault::inner, 4);
  const auto one = made(config, sensor);
  const auto two = made(config, sensor);
  const auto first = window_of(*one, 8000);
  FakeClock clock;
  ASSERT_TRUE(two->start(77, 8000, clock.now()).ok());  // window 0, not polled
  EXPECT_EQ(window_of(*one, 8000), window_of(*two, 8000));
  EXPECT_NE(first, window_of(*one, 8000));
  config.seed = 5;
  EXPECT_NE(first, window_of(*made(config, sensor), 8000));
}

TEST(SimulatedBearing, makes_the_same_samples_on_every_host) {
  SimConfig config = faulty(BearingFault::ball, 11);
  config.bumps_per_s = 2;
  config.ramp = 0.1;
  const auto source = made(config, sensor_for_test(3200, 3));
  const auto window = window_of(*source, 3200);
  std::vector<std::byte> bytes(window.size() * 2);
  for (std::size_t i = 0; i < window.size(); ++i)
    store_le(&bytes[2 * i], static_cast<std::uint16_t>(window[i]));
  EXPECT_EQ(crc32c(bytes), 1337813264u);
}

TEST(SimulatedBearing, allocates_nothing_while_it_plays) {
  const auto source = made(faulty(BearingFault::inner, 1), sensor_for_test(3200, 3));
  FakeClock clock;
  const std::size_t before = allocations_for_test();
  for (int w = 0; w < 3; ++w) {
    ASSERT_TRUE(source->start(0, 3200, clock.now()).ok());
    clock.advance(std::chrono::seconds(10));
    while (source->poll(clock.now())->frame) continue;
  }
  EXPECT_EQ(allocations_for_test(), before);
}

TEST(SimulatedBearing, refuses_a_configuration_out_of_range_and_names_it) {
  const SensorTerms sensor = sensor_for_test(3200, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    double SimConfig::*member;
    const char* name;
    double bad;
  } cases[] = {{&SimConfig::slip, "slip", 0.5},
               {&SimConfig::rpm, "rpm", 0},
               {&SimConfig::rpm, "rpm", nan},
               {&SimConfig::rpm, "rpm", 1e9},
               {&SimConfig::ramp, "ramp", -1.5},
               {&SimConfig::wander, "wander", -0.1},
               {&SimConfig::background_g, "background_g", -1},
               {&SimConfig::shaft_g, "shaft_g", nan},
               {&SimConfig::belt_g, "belt_g", 1e6},
               {&SimConfig::bumps_per_s, "bumps", 1e6},
               {&SimConfig::bump_g, "bump_g", -1},
               {&SimConfig::severity, "severity", std::numeric_limits<double>::infinity()}};
  for (const auto& c : cases) {
    SimConfig config;
    config.*c.member = c.bad;
    const auto source = SimulatedBearing::make(config, sensor);
    ASSERT_FALSE(source.ok()) << c.name;
    EXPECT_EQ(source.error().reason, Reason::sim_config);
    EXPECT_EQ(source.error().where.view(), c.name);
  }
  SimConfig config;
  config.geometry = {9, 40'000, 39'040, 0};
  EXPECT_EQ(SimulatedBearing::make(config, sensor).error().where.view(), "geometry");
}

TEST(CounterRandom, is_uniform_and_gaussian_enough) {
  CounterRandom random(1, 2, 3);
  constexpr int kCount = 400'000;
  double mean = 0;
  double square = 0;
  double fourth = 0;
  double serial = 0;
  double last = 0;
  double uniform = 0;
  for (int i = 0; i < kCount; ++i) {
    const double g = random.gauss();
    mean += g;
    square += g * g;
    fourth += g * g * g * g;
    serial += g * last;
    last = g;
    uniform += random.uniform();
  }
  EXPECT_NEAR(mean / kCount, 0, 0.008);
  EXPECT_NEAR(square / kCount, 1, 0.01);
  EXPECT_NEAR(fourth / kCount, 3 - 0.016, 0.05);
  EXPECT_NEAR(serial / kCount, 0, 0.008);
  EXPECT_NEAR(uniform / kCount, 0.5, 0.003);
}

TEST(CounterRandom, differs_by_seed_stream_and_index) {
  const auto first = CounterRandom(1, 2, 3).bits();
  EXPECT_NE(first, CounterRandom(2, 2, 3).bits());
  EXPECT_NE(first, CounterRandom(1, 3, 3).bits());
  EXPECT_NE(first, CounterRandom(1, 2, 4).bits());
  EXPECT_EQ(first, CounterRandom(1, 2, 3).bits());
}

}  // namespace
}  // namespace torpor
