// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/explain/explanation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "base/fake/allocations.h"
#include "verdict/fake/machine.h"

namespace torpor {
namespace {

using Kind = Explanation::Kind;
constexpr double kRate = 12'000;
constexpr double kSeconds = 2;

struct Geometry {
  std::uint32_t elements;
  double ratio;
};
constexpr Geometry kGeometry[] = {{8, 0.22}, {9, 0.203}, {13, 0.16}, {16, 0.117}};
constexpr double kRpm[] = {900, 1797, 2600};

// An explainer and what measures its windows.
struct Watch {
  Watch(const SensorTerms& sensor, double seconds)
      : spectra(sensor.rate_mhz * 1e-3, sensor.axes,
                static_cast<std::size_t>(std::lround(seconds * sensor.rate_mhz * 1e-3))),
        explainer(sensor) {}
  void learn(const Window& window) {
    ASSERT_TRUE(spectra.compute(window));
    explainer.learn(spectra);
  }
  void observe(const Window& window) {
    ASSERT_TRUE(spectra.compute(window));
    explainer.observe(spectra);
  }
  Explanation explain() { return explainer.explain(spectra); }

  EnvelopeAnalyzer spectra;
  Explainer explainer;
};

Explanation after(const MachineConfig& config, int windows, Watch& watch) {
  MachineForTest machine(config);
  for (int i = 0; i < windows; ++i) watch.observe(machine.next(kSeconds));
  return watch.explain();
}

Explanation after(const MachineConfig& config, int windows = 1) {
  Watch watch(config.sensor, kSeconds);
  return after(config, windows, watch);
}

double defect_hz(const MachineConfig& config) {
  return defect_orders(config.sensor.bearing).order[static_cast<std::size_t>(*config.defect)] * config.rpm /
         60;
}

TEST(explanation, orders_of_a_6205_are_those_in_print) {
  const BearingTerms b{9, 7940, 39040, 0};
  const DefectOrders orders = defect_orders(b);
  EXPECT_NEAR(orders.order[0], 3.585, 0.002);  // outer
  EXPECT_NEAR(orders.order[1], 5.415, 0.002);  // inner
  EXPECT_NEAR(orders.order[2], 4.714, 0.003);  // ball, twice the spin
  EXPECT_NEAR(orders.cage, 0.398, 0.001);
  EXPECT_FALSE(defect_orders(BearingTerms{}).known);
}

TEST(explanation, names_inner_outer_and_ball_within_two_percent) {
  int cases = 0, named = 0;
  for (const Geometry& geometry : kGeometry) {
    for (const double rpm : kRpm) {
      for (std::size_t d = 0; d < kDefects; ++d) {
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
          MachineConfig config;
          config.seed = seed * 1000 + d * 100 + geometry.elements;
          config.sensor = sensor_for_test(kRate, geometry.elements, geometry.ratio);
          config.rpm = rpm;
          config.defect = static_cast<Defect>(d);
          config.strike = 8;
          const Explanation e = after(config, 2);
          ++cases;
          if (e.kind != Kind::defect) continue;
          ++named;
          EXPECT_EQ(e.defect, *config.defect) << config.seed << " at " << rpm;
          EXPECT_NEAR(e.hertz / defect_hz(config), 1, kFrequencyTolerance);
          EXPECT_GE(std::popcount(e.harmonics), 3);
        }
      }
    }
  }
  std::printf("  named %d of %d, none of them wrongly\n", named, cases);
  EXPECT_GE(named, cases * 95 / 100);
}

TEST(explanation, names_nothing_of_healthy_machines_with_bumps_and_belts) {
  int cases = 0;
  for (const Geometry& geometry : kGeometry) {
    for (const double rpm : kRpm) {
      for (const double bumps : {0.0, 2.0, 6.0}) {
        for (const double belt : {0.0, 0.5}) {
          for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            MachineConfig config;
            config.seed = seed * 100 + geometry.elements;
            config.sensor = sensor_for_test(kRate, geometry.elements, geometry.ratio);
            config.rpm = rpm;
            config.bumps_per_s = bumps;
            config.belt = belt;
            const Explanation e = after(config);
            ++cases;
            EXPECT_EQ(e.kind, Kind::nothing) << config.seed << " rpm " << rpm << " bumps " << bumps
                                             << " belt " << belt << " at " << e.hertz;
          }
        }
      }
    }
  }
  EXPECT_GE(cases, 200);
}

TEST(explanation, what_healthy_windows_showed_is_no_news) {
  // A machine that always knocked at the outer race's frequency.
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::outer_race;
  Watch watch(config.sensor, 0.7);
  MachineForTest machine(config);
  for (int i = 0; i < 64; ++i) watch.learn(machine.next(0.7));
  for (int i = 0; i < 8; ++i) watch.observe(machine.next(0.7));
  EXPECT_EQ(watch.explain().kind, Kind::nothing);
  watch.explainer.forget();
  EXPECT_EQ(watch.explain().kind, Kind::defect);
}

TEST(explanation, a_defect_that_was_not_there_is_named_against_the_reference) {
  MachineConfig healthy;
  healthy.sensor = sensor_for_test(kRate, 9, 0.203);
  healthy.belt = 0.5;
  Watch watch(healthy.sensor, 0.7);
  MachineForTest machine(healthy);
  for (int i = 0; i < 64; ++i) watch.learn(machine.next(0.7));
  EXPECT_EQ(watch.explain().kind, Kind::nothing);
  MachineConfig damaged = healthy;
  damaged.defect = Defect::inner_race;
  MachineForTest later(damaged);
  for (int i = 0; i < 12; ++i) watch.observe(later.next(0.7));
  const Explanation e = watch.explain();
  EXPECT_EQ(e.kind, Kind::defect);
  EXPECT_EQ(e.defect, Defect::inner_race);
}

TEST(explanation, sudden_damage_is_named_in_its_first_window) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  Watch watch(config.sensor, 2);
  MachineForTest machine(config);
  for (int i = 0; i < 8; ++i) watch.observe(machine.next(2));
  EXPECT_EQ(watch.explain().kind, Kind::nothing);
  config.defect = Defect::outer_race;
  MachineForTest later(config);
  watch.observe(later.next(2));
  EXPECT_EQ(watch.explain().kind, Kind::defect);
}

// A look without a shaft speed shows no defect's lines: were they averaged in as nothing, what the
// machine always showed would be named as a defect.
TEST(explanation, looks_without_a_shaft_speed_do_not_lower_what_healthy_lines_showed) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::outer_race;
  Watch watch(config.sensor, 0.7);
  MachineForTest machine(config);
  Window window = machine.next(0.7);
  window.context.rpm_milli = 0;
  ASSERT_TRUE(watch.spectra.compute(window));
  for (int i = 0; i < 200 * 8; ++i) watch.explainer.learn(watch.spectra);
  for (int i = 0; i < 64; ++i) watch.learn(machine.next(0.7));
  for (int i = 0; i < 8; ++i) watch.observe(machine.next(0.7));
  EXPECT_NE(watch.explain().kind, Kind::defect);
}

TEST(explanation, each_place_has_a_number_of_its_own) {
  Explanation e;
  EXPECT_EQ(place_of(e), 0u);
  e.kind = Kind::band;
  EXPECT_EQ(place_of(e), 0u);
  std::set<std::uint8_t> places;
  for (std::uint32_t axis = 0; axis < kMaxAxes; ++axis) {
    e.axis = axis;
    e.kind = Kind::defect;
    for (std::size_t d = 0; d < kDefects; ++d) {
      e.defect = static_cast<Defect>(d);
      places.insert(place_of(e));
    }
    e.kind = Kind::period;
    places.insert(place_of(e));
  }
  EXPECT_EQ(places.size(), (kDefects + 1) * kMaxAxes);
  EXPECT_EQ(*places.begin(), 1u);
  EXPECT_EQ(*places.rbegin(), places.size());
}

TEST(explanation, without_geometry_it_gives_the_period_and_no_name) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::outer_race;
  SensorTerms unknown = config.sensor;
  unknown.bearing = {};
  Watch watch(unknown, kSeconds);
  const Explanation e = after(config, 2, watch);
  EXPECT_EQ(e.kind, Kind::period);
  EXPECT_NEAR(e.hertz / defect_hz(config), 1, kFrequencyTolerance);
}

TEST(explanation, without_shaft_speed_no_defect_is_named) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::outer_race;
  Watch watch(config.sensor, kSeconds);
  MachineForTest machine(config);
  Window window = machine.next(kSeconds);
  window.context.rpm_milli = 0;
  watch.observe(window);
  EXPECT_NE(watch.explain().kind, Kind::defect);
}

TEST(explanation, louder_than_healthy_without_a_period_gives_the_band) {
  MachineConfig healthy;
  healthy.sensor = sensor_for_test(kRate, 9, 0.203);
  Watch watch(healthy.sensor, 0.7);
  MachineForTest machine(healthy);
  for (int i = 0; i < 64; ++i) watch.learn(machine.next(0.7));
  for (int i = 0; i < 16; ++i) {
    Window window = machine.next(0.7);
    window.scale_pg *= 3;
    watch.observe(window);
  }
  const Explanation e = watch.explain();
  EXPECT_EQ(e.kind, Kind::band);
  EXPECT_EQ(std::string(watch.explainer.text(e)).substr(0, 13),
            "louder by 9 d");  // 20 log10(3), still rising
}

TEST(explanation, short_gathered_blocks_add_up_over_windows) {
  // The demo's windows: five blocks of 0.1 s at 25.6 kHz, 2000 rpm.
  MachineConfig config;
  config.sensor = sensor_for_test(25'600, 13, 0.137);
  config.rpm = 2000;
  config.block = 2560;
  config.defect = Defect::outer_race;
  config.strike = 10;
  Watch watch(config.sensor, 0.5);
  MachineForTest machine(config);
  for (int i = 0; i < 12; ++i) watch.observe(machine.next(0.5));
  const Explanation e = watch.explain();
  EXPECT_EQ(e.kind, Kind::defect);
  EXPECT_EQ(e.defect, Defect::outer_race);
}

TEST(explanation, reads_as_one_line) {
  SensorTerms sensor = sensor_for_test(25'600, 9, 0.203, 3);
  const Explainer explainer(sensor);
  Explanation e;
  EXPECT_TRUE(explainer.text(e).empty());
  e = {Kind::defect, Defect::inner_race, 162.24, 0b11111, 1, 2, 9};
  EXPECT_EQ(explainer.text(e).view(), "inner race, 162.2 Hz x1..x5, 6.4-12.2 kHz band, axis y");
  e = {Kind::period, {}, 37.1, 0b11101, 0, 0, 9};
  EXPECT_EQ(explainer.text(e).view(), "repeats at 37.1 Hz (27.0 ms) x1,x3,x4,x5, 1.6-3.2 kHz band, axis x");
  e = {Kind::band, {}, 0, 0, 2, 1, std::log(10.0)};
  EXPECT_EQ(explainer.text(e).view(), "louder by 10 dB in the 3.2-6.4 kHz band, axis z, nothing new repeats");
}

TEST(explanation, the_reference_survives_a_restart_and_damage_is_refused) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::outer_race;
  Watch watch(config.sensor, 0.7);
  MachineForTest machine(config);
  for (int i = 0; i < 64; ++i) watch.learn(machine.next(0.7));
  std::vector<std::byte> room(Explainer::kMaxBytes), again(Explainer::kMaxBytes);
  const auto bytes = watch.explainer.encode(room);
  ASSERT_TRUE(bytes.ok());
  Explainer other(config.sensor);
  ASSERT_TRUE(other.decode(*bytes).ok());
  EXPECT_TRUE(equal(*other.encode(again), *bytes));
  for (std::size_t i = 0; i < bytes->size(); i += 7) {
    room[i] ^= std::byte{8};
    const Status taken = other.decode(Bytes(room).first(bytes->size()));
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().reason, Reason::envelope_damaged);
    room[i] ^= std::byte{8};
  }
  EXPECT_TRUE(equal(*other.encode(again), *bytes));
  SensorTerms three = config.sensor;
  three.axes = 3;
  Explainer foreign(three);
  EXPECT_EQ(foreign.decode(*bytes).error().reason, Reason::envelope_damaged);
}

TEST(explanation, allocates_nothing_per_window) {
  MachineConfig config;
  config.sensor = sensor_for_test(kRate, 9, 0.203);
  config.defect = Defect::ball;
  Watch watch(config.sensor, 0.7);
  MachineForTest machine(config);
  const Window window = machine.next(0.7);
  const std::size_t before = allocations_for_test();
  for (int i = 0; i < 20; ++i) watch.learn(window);
  watch.observe(window);
  (void)watch.explainer.text(watch.explain());
  EXPECT_EQ(allocations_for_test(), before);
}

}  // namespace
}  // namespace torpor
