// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/fake/machine.h"

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

constexpr double kTurn = 2 * 3.14159265358979323846;
constexpr double kCountsOfRms = 200;  // LSB per unit of background RMS

}  // namespace

SensorTerms sensor_for_test(double rate_hz, std::uint32_t elements, double ratio, std::uint32_t axes) {
  SensorTerms sensor{};
  sensor.id = "test";
  sensor.rate_mhz = static_cast<std::uint32_t>(rate_hz * 1000);
  sensor.axes = axes;
  sensor.full_scale_mg = 16'000;
  sensor.bearing = {elements, static_cast<std::uint32_t>(ratio * 40'000), 40'000, 0};
  return sensor;
}

// What belongs to the machine, not to the window; but for the phases, made anew each time
// from the same seed.
struct MachineForTest::Structure {
  struct Mode {
    double hertz, decay;
  } modes[3];
  double belt_hz;
  double tone_phase[12], tone_weight[12];
};

// The order of the draws is part of the fake: tests are tuned to what a seed gives.
Window MachineForTest::next(double seconds) {
  const double rate = config_.sensor.rate_mhz * 1e-3;
  const auto n = static_cast<std::size_t>(std::lround(seconds * rate));
  const std::uint32_t axes = config_.sensor.axes;
  std::uniform_real_distribution<double> uniform;
  std::mt19937_64 build(config_.seed * 77 + 5);
  Structure structure;
  for (Structure::Mode& mode : structure.modes) {
    mode.hertz = rate / 2 * (0.2 + 0.65 * uniform(build));
    mode.decay = mode.hertz * kTurn / (2 * (6 + 14 * uniform(build)));
  }
  structure.belt_hz = config_.rpm / 60 * (0.31 + 0.5 * uniform(build));
  for (double& weight : structure.tone_weight) weight = 0.3 + uniform(build);
  for (double& phase : structure.tone_phase) phase = uniform(random_) * kTurn;

  normal_.reset();
  strikes_ = strikes(seconds);
  samples_.assign(n * axes, 0);
  std::vector<double> x(n);
  for (std::uint32_t axis = 0; axis < axes; ++axis) {
    background(structure, x);
    ring(structure, x);
    for (std::size_t i = 0; i < n; ++i)
      samples_[i * axes + axis] =
          static_cast<std::int16_t>(std::clamp(std::lround(x[i] * kCountsOfRms), -32767l, 32767l));
  }
  blocks_.clear();
  for (std::size_t start = 0; start < n; start += config_.block == 0 ? n : config_.block)
    blocks_.push_back(static_cast<std::uint32_t>(start));
  Window window;
  window.rate_mhz = config_.sensor.rate_mhz;
  window.axes = axes;
  window.scale_pg = 488'000'000;
  window.samples = samples_;
  window.block_starts = blocks_;
  window.context.rpm_milli = static_cast<std::uint32_t>(config_.rpm * 1000);
  return window;
}

// Of the defect, with slip and load zone, and bumps of the floor.
std::vector<MachineForTest::Strike> MachineForTest::strikes(double seconds) {
  const double shaft = config_.rpm / 60;
  std::uniform_real_distribution<double> uniform;
  std::vector<Strike> strikes;
  const DefectOrders orders = defect_orders(config_.sensor.bearing);
  if (config_.defect) {
    const double period = 1 / (orders.order[static_cast<std::size_t>(*config_.defect)] * shaft);
    const double phase = uniform(random_) * kTurn;
    for (double t = -0.1 + period * uniform(random_); t < seconds;
         t += period * (1 + config_.slip * normal_(random_))) {
      double strength = config_.strike * std::exp(0.3 * normal_(random_));
      if (config_.defect == Defect::inner_race)
        strength *= std::max(0.0, std::cos(kTurn * shaft * t + phase)) + 0.15;
      if (config_.defect == Defect::ball)
        strength *= 0.5 + 0.5 * std::cos(kTurn * orders.cage * shaft * t + phase);
      strikes.push_back({t, strength});
    }
  }
  for (double t = 0; config_.bumps_per_s > 0;) {
    t -= std::log(1 - uniform(random_)) / config_.bumps_per_s;
    if (t > seconds) break;
    strikes.push_back({t, 15 * std::exp(0.5 * normal_(random_))});
  }
  return strikes;
}

// Coloured noise, and tones of shaft and belt.
void MachineForTest::background(const Structure& structure, std::vector<double>& x) {
  const double rate = config_.sensor.rate_mhz * 1e-3, shaft = config_.rpm / 60;
  const auto& [modes, belt_hz, tone_phase, tone_weight] = structure;
  double slow = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double white = normal_(random_);
    slow = 0.9 * slow + 0.436 * white;
    x[i] = 0.8 * white + 0.6 * slow;
    for (int h = 1; h <= 6; ++h)
      x[i] += 0.25 * tone_weight[h] * std::cos(kTurn * h * shaft * t + tone_phase[h]);
    for (int h = 1; h <= 5 && config_.belt > 0; ++h)
      x[i] += config_.belt * tone_weight[6 + h] * std::cos(kTurn * h * belt_hz * t + tone_phase[6 + h]);
  }
}

// Each strike rings each mode of the structure, at a phase of its own.
void MachineForTest::ring(const Structure& structure, std::vector<double>& x) {
  const double rate = config_.sensor.rate_mhz * 1e-3;
  std::uniform_real_distribution<double> uniform;
  const auto n = static_cast<std::ptrdiff_t>(x.size());
  for (const Strike& strike : strikes_) {
    for (const Structure::Mode& mode : structure.modes) {
      const double phase = uniform(random_) * kTurn;
      const auto first = static_cast<std::ptrdiff_t>(std::ceil(strike.time * rate));
      const auto length = static_cast<std::ptrdiff_t>(5 / mode.decay * rate) + 2;
      for (auto i = std::max<std::ptrdiff_t>(0, first); i < std::min(first + length, n); ++i) {
        const double t = static_cast<double>(i) / rate - strike.time;
        x[static_cast<std::size_t>(i)] +=
            0.6 * strike.strength * std::exp(-mode.decay * t) * std::sin(kTurn * mode.hertz * t + phase);
      }
    }
  }
}

}  // namespace torpor
