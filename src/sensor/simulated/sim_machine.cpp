// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/simulated/sim_machine.h"

#include <cmath>

#include "bearing/bearing_orders.h"
#include "sensor/simulated/sim_math.h"
#include "sensor/simulated/sim_random.h"

namespace torpor {
namespace {

// One stream for each kind of draw, so that a draw added to one leaves the others as they were.
constexpr std::uint64_t kMachineStream = 1;
constexpr double kPi = 0x1.921fb54442d18p1;

// The mean square over the axes of a set of gains becomes `power`.
template <std::size_t N>
void normalise(std::array<SimTone, N>& tones, std::uint32_t axes, double power) {
  double sum = 0;
  for (const SimTone& t : tones)
    for (std::uint32_t a = 0; a < axes; ++a)
      sum += (t.in_phase[a] * t.in_phase[a] + t.quadrature[a] * t.quadrature[a]) / 2 / axes;
  const double gain = std::sqrt(power / sum);
  for (SimTone& t : tones)
    for (std::uint32_t a = 0; a < axes; ++a) {
      t.in_phase[a] *= gain;
      t.quadrature[a] *= gain;
    }
}

// Draws stand in statements of their own throughout: two in one expression come in no defined order.
SimTone draw_tone(CounterRandom& random, double amplitude) {
  SimTone tone;
  for (std::size_t a = 0; a < kMaxAxes; ++a) {
    const double here = amplitude * random.uniform(0.3, 1);
    const SinCos phase = sin_cos(random.uniform());
    tone.in_phase[a] = here * phase.cos;
    tone.quadrature[a] = here * phase.sin;
  }
  return tone;
}

void draw_structure(SimMachine& m, CounterRandom& random, const SensorTerms& sensor) {
  // The order of draws is the machine: a new one goes to the end, or every seed means another machine.
  const std::uint32_t axes = sensor.axes;
  for (std::size_t i = 0; i < kSimModes; ++i) {
    // Spread over the band, so that every machine has some resonance where one can look.
    const double fraction = (0.09 + 0.105 * static_cast<double>(i)) * random.uniform(0.9, 1.1);
    m.mode[i] = SimMode::make(fraction, random.uniform(8, 30));
    for (double& g : m.mode_gain[i]) {
      const double size = random.uniform(0.35, 1);
      // Signs differ, because a mode moves parts of a structure against each other.
      g = random.uniform() < 0.5 ? -size : size;
    }
  }

  // Background of RMS 1 on the mean axis: part through the modes, the rest past them.
  const double through_modes = random.uniform(0.3, 0.6);
  std::array<double, kSimModes> share{};
  double sum = 0;
  // `share` is used twice, for noise and for strikes: resonances that hum are not those that ring.
  for (double& s : share) sum += s = random.uniform(0.2, 1);
  for (std::size_t i = 0; i < kSimModes; ++i) {
    double seen = 0;
    for (std::uint32_t a = 0; a < axes; ++a) seen += m.mode_gain[i][a] * m.mode_gain[i][a] / axes;
    // Divided by the gain for white noise: a mode is loud by its share, not by its damping.
    m.noise_drive[i] = std::sqrt(through_modes * share[i] / sum / seen) / m.mode[i].noise_gain;
  }
  double seen = 0;
  for (double& g : m.broad_gain) g = random.uniform(0.6, 1.4);
  for (std::uint32_t a = 0; a < axes; ++a) seen += m.broad_gain[a] * m.broad_gain[a] / axes;
  for (double& g : m.broad_gain) g *= std::sqrt((1 - through_modes) / seen);
  m.broad_pole = random.uniform(0.5, 0.9);
  // Makes a one-pole low-pass of unit noise come out with RMS 1.
  m.broad_norm = std::sqrt(1 - m.broad_pole * m.broad_pole);
  m.broad_dark = random.uniform(0.3, 0.9);
  m.noise_depth = random.uniform(0, 0.15);

  // A strike of severity 1 peaks near 1 on the axis that sees it best.
  double best = 0;
  for (double& s : share) s = random.uniform(0.3, 1);
  for (std::uint32_t a = 0; a < axes; ++a) {
    double power = 0;
    for (std::size_t i = 0; i < kSimModes; ++i)
      power += share[i] * share[i] * m.mode_gain[i][a] * m.mode_gain[i][a];
    best = std::max(best, power);
  }
  for (std::size_t i = 0; i < kSimModes; ++i) m.strike_drive[i] = share[i] / std::sqrt(best);

  const double rate_hz = sensor.rate_mhz * 1e-3;
  const double body_hz = random.uniform(18, 40);
  // 0.2 of the rate at most: a mode near the Nyquist would not be a slow body.
  m.body = SimMode::make(std::min(body_hz / rate_hz, 0.2), random.uniform(3, 8));
  // A push is slow against a sample: what counts is the answer to a constant force.
  m.body.b = 1 - m.body.c1 - m.body.c2;
  for (double& g : m.bump_gain) g = random.uniform(0.2, 0.6);
  m.bump_gain[axes - 1] = 1;  // the last axis stands up
  m.load_phase = random.uniform();
  m.load_extent = random.uniform(0.5, 0.7);
}

void draw_lines(SimMachine& m, CounterRandom& random, const SensorTerms& sensor) {
  for (std::size_t h = 0; h < kSimShaftHarmonics; ++h)
    m.shaft[h] = draw_tone(random, random.uniform(0.3, 1) / static_cast<double>(h + 1));
  for (std::size_t h = 0; h < kSimBeltHarmonics; ++h)
    m.belt[h] = draw_tone(random, random.uniform(0.3, 1) / static_cast<double>(h + 1));
  normalise(m.shaft, sensor.axes, 1);
  normalise(m.belt, sensor.axes, 0.8);
  std::array<SimTone, 1> line{draw_tone(random, 1)};
  normalise(line, sensor.axes, 0.2);
  m.line = line[0];
  m.belt_order = random.uniform(0.29, 0.46);
  m.line_hz = sensor.rate_mhz * 1e-3 * random.uniform(0.05, 0.4);
}

}  // namespace

SimMode SimMode::make(double fraction, double q) {
  SimMode mode;
  // Decay of a mode of quality q over one sample: its bandwidth is fraction / q.
  const double radius = det::exp(-kPi * fraction / q);
  const SinCos turn = sin_cos(fraction);
  mode.c1 = 2 * radius * turn.cos;
  mode.c2 = -radius * radius;
  mode.b = turn.sin;
  const double spread = (1 - mode.c2) * (1 - mode.c2) - mode.c1 * mode.c1;
  // RMS of a second-order autoregression for unit noise (Box and Jenkins, AR(2) variance).
  mode.noise_gain = mode.b * std::sqrt((1 - mode.c2) / ((1 + mode.c2) * spread));
  return mode;
}

SimMachine SimMachine::draw(const SimConfig& config, const SensorTerms& sensor) {
  SimMachine m;
  CounterRandom random(config.seed, kMachineStream, 0);
  m.geometry = config.geometry;
  // The config's own, else the contract's, else a 6205.
  if (m.geometry.rolling_elements == 0) m.geometry = sensor.bearing;
  if (m.geometry.rolling_elements == 0) m.geometry = {9, 7'940, 39'040, 0};
  const BearingOrders orders = bearing_orders(m.geometry).value_or(BearingOrders{});
  // Elements slide a little: every order lies somewhat beside the kinematic one.
  const double slide = random.uniform(0.995, 1.005);
  m.cage_order = orders.ftf * slide;
  if (config.fault == BearingFault::outer) m.defect_order = orders.bpfo * slide;
  if (config.fault == BearingFault::inner) m.defect_order = orders.bpfi * slide;
  // Twice the spin: a spall on an element meets both races in each of its turns.
  if (config.fault == BearingFault::ball) m.defect_order = 2 * orders.bsf * slide;
  draw_structure(m, random, sensor);
  draw_lines(m, random, sensor);
  return m;
}

}  // namespace torpor
