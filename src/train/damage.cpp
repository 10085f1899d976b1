// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/machine.h"

namespace torpor::train {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

// An impulse between two samples is shared by both.
void put(std::vector<float>& hits, double at, double size) {
  if (!(at >= 0 && at < static_cast<double>(hits.size()))) return;
  const auto i = static_cast<std::size_t>(at);
  if (i + 1 >= hits.size()) return;
  const float part = static_cast<float>(at - static_cast<double>(i));
  // Linear between neighbours: rounded to whole samples, a short period would have a pattern no bearing has.
  hits[i] += static_cast<float>(size) * (1 - part);
  hits[i + 1] += static_cast<float>(size) * part;
}

}  // namespace

void Machine::render_damage(const Damage& damage, const Regime& regime, double rms, double level_db,
                            std::span<float> out) {
  Random& r = random_;
  const double per_turn = facts_.rate_hz / regime.shaft_hz;  // samples
  const double load_phase = kTurn * r.uniform();
  auto load = [&](double at) {
    return 1 + damage.load_zone * std::cos(kTurn * damage.load_order * at / per_turn + load_phase);
  };
  std::fill(out.begin(), out.end(), 0.0f);
  if (damage.noise) {
    hits_.resize(out.size());
    r.normals(hits_);
    ring(damage.rings.front(), hits_, 1, out);
    if (damage.load_zone > 0)
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] *= static_cast<float>(std::max(0.0, load(static_cast<double>(i))));
  } else {
    hits_.assign(out.size(), 0.0f);
    const double period = per_turn / damage.order;
    // The slip accumulates: each period is jittered, not each hit. The first hit comes early
    // enough that a window called damaged holds one.
    // At least a fifth of a period on: time never stands still or runs backwards.
    for (double at = r.uniform(0, std::min(period, 0.7 * static_cast<double>(out.size())));
         at < static_cast<double>(out.size()); at += period * std::max(0.2, 1 + damage.jitter * r.normal())) {
      const double size = std::max(0.0, load(at)) * std::exp(damage.amplitude_sd * r.normal());
      put(hits_, at, size);
      if (damage.double_hit > 0) put(hits_, at + damage.double_hit * period, damage.second * size);
    }
    for (const Resonance& ringing : damage.rings)
      ring(ringing, hits_, static_cast<float>(std::pow(10.0, ringing.gain_db / 20)), out);
  }
  // The level is set on what came out, not on what went in: resonances amplify as they like.
  double sum = 0;
  for (float v : out) sum += static_cast<double>(v) * static_cast<double>(v);
  const double have = std::sqrt(sum / static_cast<double>(out.size()));
  // Every hit may have fallen outside, or on a load zone of none: silence stays silence.
  if (have <= 0) return;
  const float gain = static_cast<float>(rms * std::pow(10.0, level_db / 20) / have);
  for (float& v : out) v *= gain;
}

}  // namespace torpor::train
