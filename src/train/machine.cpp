// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/machine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace torpor::train {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

double from_db(double db) { return std::pow(10.0, db / 20); }

double rms_of(std::span<const float> x) {
  double sum = 0;
  for (float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  return x.empty() ? 0 : std::sqrt(sum / static_cast<double>(x.size()));
}

// Power of a second-order resonance over frequency, 1 at its peak.
double bell(double f, double centre, double q) {
  // The response of a mass on a spring: off = Q (f/f0 - f0/f), power 1 / (1 + off^2).
  const double ratio = f / centre;
  const double off = q * (ratio - 1 / std::max(ratio, 1e-3));
  return 1 / (1 + off * off);
}

// Tones in groups of eight, as rotating phasors side by side: the compiler can put a
// group into one register, and no sine is taken per sample.
void add_tones(std::span<const double> turns_per_sample, std::span<const float> amplitude, double chirp,
               Random& random, std::span<float> out) {
  constexpr std::size_t kGroup = 8;
  for (std::size_t g = 0; g < amplitude.size(); g += kGroup) {
    float re[kGroup] = {}, im[kGroup] = {}, cr[kGroup], ci[kGroup], dr[kGroup], di[kGroup];
    for (std::size_t i = 0; i < kGroup; ++i) {
      // Unused places draw a phase, too: to leave it out would make another machine of every seed.
      const bool used = g + i < amplitude.size();
      const double w = used ? turns_per_sample[g + i] : 0;
      const double phase = kTurn * random.uniform();
      const double a = used ? static_cast<double>(amplitude[g + i]) : 0;
      re[i] = static_cast<float>(a * std::cos(phase));
      im[i] = static_cast<float>(a * std::sin(phase));
      // The chirp turns the turn: the frequency runs evenly from w (1 - chirp / 2) to w (1 + chirp / 2).
      const double start = kTurn * w * (1 - chirp / 2),
                   turn = kTurn * w * chirp / static_cast<double>(out.size());
      cr[i] = static_cast<float>(std::cos(start));
      ci[i] = static_cast<float>(std::sin(start));
      dr[i] = static_cast<float>(std::cos(turn));
      di[i] = static_cast<float>(std::sin(turn));
    }
    for (float& sample : out) {
      float sum = 0;
      for (std::size_t i = 0; i < kGroup; ++i) {
        sum += re[i];
        const float r = re[i] * cr[i] - im[i] * ci[i];
        im[i] = re[i] * ci[i] + im[i] * cr[i];
        re[i] = r;
        const float c = cr[i] * dr[i] - ci[i] * di[i];
        ci[i] = cr[i] * di[i] + ci[i] * dr[i];
        cr[i] = c;
      }
      sample += sum;
    }
  }
}

}  // namespace

Machine::Machine(std::uint64_t seed) : random_(seed, 1) { facts_ = draw_machine(random_); }

Machine::Machine(const MachineFacts& facts, std::uint64_t seed) : facts_(facts), random_(seed, 1) {}

Regime Machine::regime(double shaft_hz) {
  const MachineFacts& m = facts_;
  Regime regime;
  regime.shaft_hz = shaft_hz;
  const double speed = shaft_hz / m.reference_hz;
  // Powers over frequency: twice, at the reference speed first, to bring that to RMS 1.
  auto power_at = [&](double f, double s) {
    // A power law, flat below a twenty-fifth of the rate, with an eighth-order roll-off: what an
    // accelerometer on a housing hears between its resonances.
    const double base = std::pow(std::max(f, 0.004) / 0.1, 2 * m.tilt) / (1 + std::pow(f / m.roll_off, 8));
    double power = base;
    for (const Resonance& r : m.resonances)
      power +=
          base * std::pow(10, r.gain_db / 10) * bell(f, r.frequency, r.q) * std::pow(s, 2 * r.speed_exponent);
    if (m.mesh_order > 0) {
      const double centre = m.mesh_order * m.reference_hz * s / m.rate_hz;
      // Beyond it the sensor's filter takes it.
      if (centre < 0.48) power += base * std::pow(10, m.mesh_db / 10) * bell(f, centre, 1 / m.mesh_width);
    }
    return power;
  };
  double reference = 0;
  std::vector<double> power(kGrid + 1);
  for (std::size_t k = 0; k <= kGrid; ++k) {
    const double f = 0.5 * static_cast<double>(k) / kGrid;
    reference += power_at(f, 1);
    power[k] = power_at(f, speed);
  }
  reference /= kGrid + 1;
  // The floor is the sensor's own and does not grow with speed.
  const double level = std::pow(speed, m.level_exponent);
  const double floor = std::pow(10, m.floor_db / 10);
  const std::vector<float> change = smooth_change(random_, m.regime_db);
  regime.shape.resize(kGrid + 1);
  for (std::size_t k = 0; k <= kGrid; ++k)
    regime.shape[k] = static_cast<float>(std::sqrt(
        level * level * power[k] / reference * std::pow(10, static_cast<double>(change[k]) / 10) + floor));
  regime.rms = shape_rms(regime.shape);
  for (const Line& line : m.lines)
    regime.line_amplitude.push_back(static_cast<float>(line.amplitude * std::pow(speed, line.speed_exponent) *
                                                       std::exp(m.regime_nepers * random_.normal())));
  for (const ShaftModulation& mod : m.modulations)
    regime.depth.push_back(
        static_cast<float>(std::min(0.6, mod.depth * std::exp(m.regime_nepers * random_.normal()))));
  return regime;
}

// In the order in which a machine makes them: its noise swells with the turn of the shaft, tones
// and shocks come beside it, and the gain of the mounting is on all.
void Machine::render(const Regime& regime, std::span<float> a, std::span<float> b) {
  // Both at once, since one transform gives two; the rest is drawn for each by itself.
  noise_.make(regime.shape, random_, a, b);
  for (std::span<float> out : {a, b}) {
    if (out.empty()) continue;
    modulate(regime, out);
    add_lines(regime, out);
    add_shocks(regime, out);
    if (facts_.gain_jitter > 0) {
      const float gain = static_cast<float>(std::exp(facts_.gain_jitter * random_.normal()));
      for (float& v : out) v *= gain;
    }
  }
}

void Machine::modulate(const Regime& regime, std::span<float> out) {
  if (facts_.modulations.empty()) return;
  swing_.assign(out.size(), 1.0f);
  std::vector<double> turns;
  for (const ShaftModulation& mod : facts_.modulations)
    turns.push_back(mod.order * regime.shaft_hz / facts_.rate_hz);
  add_tones(turns, regime.depth, 0.004 * random_.normal(), random_, swing_);
  // Several modulations may add up to more than 1: noise that swings through 0 would come back louder.
  for (std::size_t i = 0; i < out.size(); ++i) out[i] *= std::max(swing_[i], 0.0f);
}

void Machine::add_lines(const Regime& regime, std::span<float> out) {
  // Shaft orders share one wobble of the speed; fixed lines have none.
  std::vector<double> turns, fixed_turns;
  std::vector<float> amplitude, fixed_amplitude;
  for (std::size_t i = 0; i < facts_.lines.size(); ++i) {
    const Line& line = facts_.lines[i];
    const double f = (line.order > 0 ? line.order * regime.shaft_hz : line.hertz) / facts_.rate_hz;
    if (f >= 0.49) continue;  // the sensor's filter takes it; it must not fold back
    (line.order > 0 ? turns : fixed_turns).push_back(f);
    (line.order > 0 ? amplitude : fixed_amplitude).push_back(regime.line_amplitude[i]);
  }
  add_tones(turns, amplitude, 0.004 * random_.normal(), random_, out);
  add_tones(fixed_turns, fixed_amplitude, 0, random_, out);
}

void Machine::ring(const Resonance& resonance, std::span<const float> excitation, float gain,
                   std::span<float> out) {
  const double w = kTurn * std::clamp(resonance.frequency, 0.005, 0.495);
  // The pole of a resonance of this Q: it decays to 1/e in Q/pi periods.
  const double radius = std::exp(-w / (2 * std::max(resonance.q, 0.6)));
  const float c1 = static_cast<float>(2 * radius * std::cos(w)), c2 = static_cast<float>(-radius * radius);
  // sin w makes the first swing of one impulse about 1 high, whatever the frequency.
  const float in = gain * static_cast<float>(std::sin(w));
  float y1 = 0, y2 = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    // 1e-20 keeps a tail that dies away out of denormal numbers, which many processors compute slowly.
    const float y = in * excitation[i] + c1 * y1 + c2 * y2 + 1e-20f;
    y2 = y1;
    y1 = y;
    out[i] += y;
  }
}

void Machine::add_shocks(const Regime& regime, std::span<float> out) {
  if (facts_.shocks_per_s <= 0) return;
  hits_.assign(out.size(), 0.0f);
  const double per_sample = facts_.shocks_per_s / facts_.rate_hz;
  // A Poisson process: intervals are exponential. 1 - u, because uniform() may be 0 and is never 1.
  for (double at = -std::log(1 - random_.uniform()) / per_sample; at < static_cast<double>(out.size());
       at -= std::log(1 - random_.uniform()) / per_sample) {
    const std::size_t i = std::min(static_cast<std::size_t>(at), hits_.size() - 1);
    hits_[i] += static_cast<float>(regime.rms * facts_.shock_size * std::exp(0.5 * random_.normal()) *
                                   (random_.chance(0.5) ? 1 : -1));
  }
  ring(facts_.resonances.front(), hits_, 1, out);
}

void Machine::add_bumps(std::span<float> window) {
  const double rms = rms_of(window);
  hits_.assign(window.size(), 0.0f);
  for (int i = random_.between(1, 4); i > 0; --i)
    hits_[random_.below(window.size())] +=
        static_cast<float>(rms * from_db(random_.uniform(0, 24)) * (random_.chance(0.5) ? 1 : -1));
  // The floor is soft: low and broad. A quarter is a hard knock that rings the structure.
  if (random_.chance(0.25)) {
    const Resonance& r = facts_.resonances[random_.below(facts_.resonances.size())];
    ring(r, hits_, 1, window);
  } else {
    const double hertz = random_.log_uniform(15, 400);
    ring({std::clamp(hertz / facts_.rate_hz, 0.006, 0.3), random_.uniform(1, 5), 0, 0}, hits_, 1, window);
  }
}

}  // namespace torpor::train
