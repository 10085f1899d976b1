// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/machine.h"

// Every range of the simulator (docs/training.md).
namespace torpor::train {
namespace {

// ln: more than the tokenizer's kNewSpeedDistance and the histogram's cell together.
constexpr double kApart = 0.12;

}  // namespace

MachineFacts draw_machine(Random& random) {
  MachineFacts m;
  // Half a second, which is what the runtime scores, but never above 12,800 samples: a
  // longer window adds cost and no new kind of sound.
  // Log-uniform: as many machines between 2 and 4 kHz as between 10 and 20.
  m.rate_hz = random.log_uniform(1600, 40000);
  m.samples = static_cast<std::size_t>(std::clamp(m.rate_hz / 2, 800.0, 12800.0));
  // Only where a block keeps more than 400 samples: a piece is measured from 320 (docs/features.md).
  if (m.samples > 2000 && random.chance(0.12)) m.blocks = static_cast<std::size_t>(random.between(2, 5));
  m.speed_known = random.chance(0.75);
  m.reference_hz = random.log_uniform(5, 50);

  m.tilt = random.uniform(-1.2, 0.2);
  m.roll_off = random.chance(0.5) ? random.uniform(0.15, 0.5) : 0.5;
  m.floor_db = random.uniform(-70, -20);
  m.level_exponent = random.uniform(0, 2.5);
  for (int i = random.between(2, 9); i > 0; --i)
    m.resonances.push_back({random.log_uniform(0.01, 0.49), random.log_uniform(3, 80),
                            random.uniform(-15, 25), random.uniform(-1, 2)});
  // Line strengths are set against the background's RMS of 1 at the reference speed.
  const double line_db = random.uniform(-35, 0);
  const bool often_none = random.chance(0.2);
  for (int i = often_none ? 0 : random.between(0, 24); i > 0; --i) {
    // A quarter of the orders is not whole: belts and gears turn at ratios of the shaft.
    const double order = random.chance(0.25) ? random.uniform(0.3, 30) : random.between(1, 30);
    m.lines.push_back({order, 0, std::pow(10, (line_db + 8 * random.normal()) / 20), random.uniform(0, 2)});
  }
  for (int i = random.between(0, 7); i > 0; --i)
    m.lines.push_back(
        // Half of the fixed lines are mains harmonics, the rest anything.
        {0, random.chance(0.5) ? 50.0 * random.between(1, 40) : random.uniform(0.02, 0.48) * m.rate_hz,
         std::pow(10, (line_db + 8 * random.normal()) / 20), 0});
  if (random.chance(0.4)) {
    m.mesh_order = random.log_uniform(8, 120);
    m.mesh_width = random.uniform(0.02, 0.2);
    m.mesh_db = random.uniform(0, 20);
  }
  for (int i = random.between(0, 3); i > 0; --i)
    m.modulations.push_back(
        {random.chance(0.5) ? random.between(1, 4) : random.uniform(0.35, 12), random.uniform(0, 0.4)});
  if (random.chance(0.4)) {
    m.shocks_per_s = random.uniform(0, 30);
    m.shock_size = random.log_uniform(1, 10);
  }
  if (random.chance(0.3)) m.gain_jitter = random.uniform(0, 0.5);
  if (random.chance(0.7)) {
    m.regime_db = random.uniform(0, 4);
    m.regime_nepers = random.uniform(0, 0.7);
  }
  return m;
}

std::vector<double> draw_speeds(Random& random, double lowest, double ratio, std::size_t count,
                                const std::vector<double>& taken) {
  std::vector<double> speeds;
  // Bounded: a narrow range may hold fewer speeds that lie apart.
  for (int tries = 0; speeds.size() < count && tries < 100; ++tries) {
    const double hz = lowest * std::exp(random.uniform(0, ratio));
    const bool free = std::all_of(taken.begin(), taken.end(),
                                  [&](double t) { return std::abs(std::log(hz / t)) > kApart; });
    if (free) speeds.push_back(hz);
  }
  return speeds;
}

std::vector<float> smooth_change(Random& random, double db) {
  std::vector<float> change(kGrid + 1, 0.0f);
  if (db <= 0) return change;
  // Five cosines over six octaves, the slower the stronger; unit variance together.
  constexpr int kWaves = 5;
  double amplitude[kWaves], phase[kWaves], total = 0;
  for (int i = 0; i < kWaves; ++i) {
    amplitude[i] = std::abs(random.normal()) / (1 + 0.35 * i);
    phase[i] = random.uniform(0, 2 * std::numbers::pi);
    total += 0.5 * amplitude[i] * amplitude[i];
  }
  const double scale = db / std::sqrt(total + 1e-9);
  for (std::size_t k = 0; k <= kGrid; ++k) {
    const double place = std::log2(std::max(static_cast<double>(k), 4.0) / 4.0) / 7.0;  // 0 .. 1
    double sum = 0;
    for (int i = 0; i < kWaves; ++i)
      sum += amplitude[i] * std::cos(std::numbers::pi * (1.3 * i + 0.7) * place + phase[i]);
    change[k] = static_cast<float>(scale * sum);
  }
  return change;
}

Damage Machine::draw_damage() {
  Random& r = random_;
  Damage d;
  d.order = r.log_uniform(0.35, 12);
  d.noise = r.chance(0.22);
  const int rings = d.noise ? 1 : r.between(1, 4);
  for (int i = 0; i < rings; ++i) {
    // Half of them are the structure's own: a defect rings what is there to be rung.
    const bool own = r.chance(0.5) && !facts_.resonances.empty();
    const double f =
        own ? facts_.resonances[r.below(facts_.resonances.size())].frequency : r.uniform(0.02, 0.48);
    d.rings.push_back({f, r.log_uniform(d.noise ? 1.5 : 2, d.noise ? 20 : 40), r.uniform(-12, 0), 0});
  }
  // Noise has no period of its own: its order is that of the modulation.
  if (d.noise) {
    d.load_zone = r.chance(0.6) ? r.uniform(0.3, 1) : 0;
    d.load_order = d.order;
    return d;
  }
  d.jitter = r.uniform(0, 0.05);
  d.amplitude_sd = r.uniform(0, 0.6);
  if (r.chance(0.5)) {
    d.load_zone = r.uniform(0.2, 1);
    // Once per turn where the inner ring carries the defect, .35 to .5 of it where a rolling element does,
    // which turns with the cage.
    d.load_order = r.chance(0.6) ? 1.0 : r.uniform(0.35, 0.5);
  }
  if (r.chance(0.3)) {
    d.double_hit = r.uniform(0.05, 0.4);
    d.second = (r.chance(0.5) ? 1 : -1) * r.uniform(0.3, 1);
  }
  return d;
}

}  // namespace torpor::train
