// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/machine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace torpor::train {
namespace {

double rms(std::span<const float> x) {
  double sum = 0;
  for (float v : x) sum += double{v} * double{v};
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// Mean power of `x` at a frequency (fraction of the rate) over Hann frames of 1024.
double power_at(std::span<const float> x, double frequency) {
  constexpr std::size_t kFrame = 1024;
  double total = 0;
  std::size_t frames = 0;
  for (std::size_t at = 0; at + kFrame <= x.size(); at += kFrame / 2, ++frames) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < kFrame; ++i) {
      const double t = 2 * std::numbers::pi * static_cast<double>(i);
      const double w = 0.5 - 0.5 * std::cos(t / kFrame);
      re += w * double{x[at + i]} * std::cos(t * frequency);
      im += w * double{x[at + i]} * std::sin(t * frequency);
    }
    total += re * re + im * im;
  }
  return total / static_cast<double>(frames);
}

// White noise at level 1 and nothing else, until a test adds to it.
MachineFacts plain() {
  MachineFacts m;
  m.rate_hz = 10000;
  m.samples = 5000;
  m.reference_hz = 20;
  m.floor_db = -90;
  m.level_exponent = 0;
  m.resonances = {{0.3, 20, -80, 0}};
  return m;
}

std::vector<float> sound(const MachineFacts& facts, double shaft_hz, std::uint64_t seed = 1) {
  Machine machine(facts, seed);
  std::vector<float> out(1 << 17);
  machine.render(machine.regime(shaft_hz), out);
  return out;
}

TEST(Machine, makes_the_same_sound_from_the_same_seed_and_another_from_another) {
  auto render = [](std::uint64_t seed) {
    Machine machine(seed);
    std::vector<float> out(machine.facts().samples);
    machine.render(machine.regime(machine.facts().reference_hz), out);
    return out;
  };
  EXPECT_EQ(render(5), render(5));
  EXPECT_NE(render(5), render(6));
}

TEST(Machine, has_the_background_level_of_one_at_its_reference_speed) {
  EXPECT_NEAR(rms(sound(plain(), 20)), 1, 0.03);
}

TEST(Machine, grows_louder_with_speed_by_its_exponent) {
  MachineFacts m = plain();
  m.level_exponent = 2;
  EXPECT_NEAR(rms(sound(m, 40)) / rms(sound(m, 20)), 4, 0.15);
}

TEST(Machine, tilts_its_spectrum_by_decibels_a_decade) {
  MachineFacts m = plain();
  m.tilt = -1;
  const auto x = sound(m, 20);
  EXPECT_NEAR(10 * std::log10(power_at(x, 0.02) / power_at(x, 0.2)), 20, 1.5);
}

TEST(Machine, stands_up_by_the_gain_of_a_resonance) {
  MachineFacts m = plain();
  m.resonances = {{0.2, 10, 20, 0}};
  const auto x = sound(m, 20);
  EXPECT_NEAR(10 * std::log10(power_at(x, 0.2) / power_at(x, 0.45)), 20, 1.5);
}

TEST(Machine, moves_shaft_lines_with_speed_and_leaves_electrical_ones) {
  MachineFacts m = plain();
  m.lines = {{20, 0, 1, 0}, {0, 3000, 1, 0}};
  for (double hz : {20.0, 30.0}) {
    const auto x = sound(m, hz);
    EXPECT_GT(power_at(x, 20 * hz / m.rate_hz), 30 * power_at(x, 0.13));
    EXPECT_GT(power_at(x, 0.3), 30 * power_at(x, 0.13));
  }
}

TEST(Machine, gives_every_regime_its_own_spectrum_where_jitter_is_drawn) {
  MachineFacts m = plain();
  m.regime_db = 3;
  Machine machine(m, 3);
  const Regime one = machine.regime(20), other = machine.regime(20);
  double square = 0;
  for (std::size_t k = 16; k <= kGrid; ++k) {
    const double db = 20 * std::log10(double{one.shape[k]} / double{other.shape[k]});
    square += db * db;
  }
  const double sd = std::sqrt(square / (kGrid - 15.0));
  EXPECT_GT(sd, 1);
  EXPECT_LT(sd, 9);
}

TEST(Machine, brings_damage_to_the_level_asked_for) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Machine machine(seed);
    const Regime regime = machine.regime(machine.facts().reference_hz);
    std::vector<float> healthy(machine.facts().samples), damage(healthy.size());
    machine.render(regime, healthy);
    machine.render_damage(machine.draw_damage(), regime, rms(healthy), -12, damage);
    EXPECT_NEAR(20 * std::log10(rms(damage) / rms(healthy)), -12, 0.01) << "seed " << seed;
  }
}

TEST(Machine, repeats_a_defect_at_its_order_of_the_shaft) {
  Machine machine(plain(), 2);
  const Regime regime = machine.regime(20);
  Damage defect;
  defect.order = 5;
  defect.rings = {{0.25, 3, 0, 0}};
  std::vector<float> out(1 << 16);
  machine.render_damage(defect, regime, 1, 0, out);
  for (float& v : out) v = std::abs(v);  // an envelope that is good enough
  EXPECT_GT(power_at(out, 5 * 20 / 10000.0), 20 * power_at(out, 3.5 * 5 * 20 / 10000.0));
}

TEST(Machine, adds_bumps_of_at_most_24_decibels_a_piece) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Machine machine(seed);
    std::vector<float> quiet(machine.facts().samples, 0.0f);
    quiet[0] = std::sqrt(static_cast<float>(quiet.size()));  // RMS 1
    machine.add_bumps(quiet);
    float peak = 0;
    for (float v : std::span(quiet).subspan(1)) peak = std::max(peak, std::abs(v));
    EXPECT_LT(peak, 4 * 15.9f) << "seed " << seed;
  }
}

TEST(Machine, draws_inside_the_documented_ranges) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed, 1);
    const MachineFacts m = draw_machine(random);
    EXPECT_GE(m.rate_hz, 1600);
    EXPECT_LE(m.rate_hz, 40000);
    EXPECT_GE(m.samples / m.blocks, 320u);  // shorter pieces would not be measured
    EXPECT_LE(m.samples, 12800u);
    EXPECT_GE(m.resonances.size(), 2u);
    EXPECT_LE(m.resonances.size(), 9u);
    EXPECT_LE(m.lines.size(), 31u);
  }
}

TEST(Noise, is_white_where_its_shape_is_flat) {
  NoiseMaker maker;
  Random random(4);
  std::vector<float> a(1 << 16), b(1 << 16);
  maker.make(Shape(kGrid + 1, 1.0f), random, a, b);
  EXPECT_NEAR(rms(a), 1, 0.02);
  EXPECT_NEAR(rms(b), 1, 0.02);
  double product = 0, lagged = 0;
  for (std::size_t i = 1; i < a.size(); ++i) {
    product += double{a[i]} * double{b[i]};
    lagged += double{a[i]} * double{a[i - 1]};
  }
  EXPECT_NEAR(product / static_cast<double>(a.size()), 0, 0.02);
  EXPECT_NEAR(lagged / static_cast<double>(a.size()), 0, 0.02);
}

TEST(Random, has_unit_variance_and_no_mean) {
  Random random(9);
  double sum = 0, square = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x;
    square += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(square / kDraws, 1, 0.01);
}

}  // namespace
}  // namespace torpor::train
