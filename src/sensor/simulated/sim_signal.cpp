// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/simulated/sim_signal.h"

#include <algorithm>
#include <cmath>

#include "sensor/simulated/sim_math.h"

namespace torpor {
namespace {

constexpr std::uint64_t kNoiseStream = 2;
constexpr std::uint64_t kEventStream = 3;
constexpr std::uint64_t kWindowStream = 4;
constexpr std::uint32_t kPreRoll = 1024;  // samples until the modes have forgotten that they began at rest
constexpr double kReferenceRpm = 1800;
constexpr double kLevelJitter = 0.03;  // of the background from window to window, nepers
constexpr double kScatter = 0.3;       // of a strike's strength, nepers
constexpr double kOffLoad = 0.04;      // what is left of a strike outside the load zone
constexpr double kInnerOfOuter = 0.7;  // a spall on an element strikes the inner race weaker

}  // namespace

SimSignal::SimSignal(const SimMachine& machine, const SimConfig& config, const SensorTerms& sensor,
                     std::int64_t scale_pg, std::uint64_t window, std::uint32_t samples, double severity)
    : m_(machine),
      c_(config),
      axes_(sensor.axes),
      rate_hz_(sensor.rate_mhz * 1e-3),
      noise_(config.seed, kNoiseStream, window),
      events_(config.seed, kEventStream, window) {
  CounterRandom random(config.seed, kWindowStream, window);
  // Clamped, so that no window leaves the range of speeds the config means.
  rpm_ = c_.rpm * (1 + c_.wander * std::clamp(random.gauss(), -3.0, 3.0));
  const double speed = rpm_ / kReferenceRpm;
  background_g_ = c_.background_g * power(speed, 1.2) * det::exp(kLevelJitter * random.gauss());
  shaft_g_ = c_.shaft_g * power(speed, 1.5);
  belt_g_ = c_.belt_g;
  strike_g_ = severity * c_.background_g * speed;
  // White noise of one and a half times the floor: a healthy sensor is never told stuck.
  sensor_noise_g_ = 1.5e-6 * sensor.noise_floor_ug;
  lsb_per_g_ = 1e12 / static_cast<double>(scale_pg);

  // Up and down in turn: a machine that ramps once has to come back.
  const double up = (window & 1) == 0 ? c_.ramp : -c_.ramp;
  const double mean_step = rpm_ / 60 / rate_hz_;
  step_ = mean_step * (1 - up / 2);
  const double fastest = mean_step * (1 + c_.ramp / 2);
  // 0.45 of the rate: a line that crosses the Nyquist during a ramp would fold back.
  shaft_lines_ = std::min(kSimShaftHarmonics, static_cast<std::size_t>(0.45 / fastest));
  belt_lines_ = std::min(kSimBeltHarmonics, static_cast<std::size_t>(0.45 / fastest / m_.belt_order));

  shaft_ = random.uniform();
  belt_ = random.uniform();
  line_ = random.uniform();
  wander_ = random.uniform();
  wander_step_ = random.uniform(0.2, 0.8) / rate_hz_;
  // Within the first spacing, at random: windows do not begin on a strike.
  next_strike_ = m_.defect_order > 0 ? shaft_ + random.uniform() / m_.defect_order : 0;
  next_bump_ = c_.bumps_per_s > 0 ? events_.exponential() * rate_hz_ / c_.bumps_per_s : -1;
  // Before the ramp begins, so that each window starts at its own speed.
  for (std::uint32_t i = 0; i < kPreRoll; ++i) step();
  if (samples > 0) ramp_step_ = mean_step * up / samples;
}

void SimSignal::fill(std::span<std::int16_t> out) {
  for (std::size_t i = 0; i + axes_ <= out.size(); i += axes_) {
    step();
    for (std::uint32_t a = 0; a < axes_; ++a) {
      const double lsb = std::nearbyint((g_[a] + sensor_noise_g_ * noise_.gauss()) * lsb_per_g_);
      // INT16_MIN is the code for an invalid sample.
      out[i + a] = static_cast<std::int16_t>(std::clamp<double>(lsb, -INT16_MAX, INT16_MAX));
    }
  }
}

void SimSignal::step() {
  // Strikes of this sample and those shared with it by the one before.
  impulse_ = next_impulse_;
  next_impulse_ = {};
  g_ = {};
  turn();
  if (c_.bumps_per_s > 0) bumps();
  drive();
}

// Angles, tones and strikes.
void SimSignal::turn() {
  wander_ += wander_step_;
  const double advance = step_ * (1 + c_.wander * sin_cos(wander_).sin);
  const double before = shaft_;
  shaft_ += advance;
  belt_ += advance * m_.belt_order;
  line_ += m_.line_hz / rate_hz_;
  step_ += ramp_step_;
  while (strike_g_ > 0 && m_.defect_order > 0 && shaft_ >= next_strike_) {
    // Where between the two samples it fell: else strikes would jitter by a sample and smear their lines.
    strike(std::clamp((next_strike_ - before) / advance, 0.0, 1.0));
    // Never before the last one, whatever the slip.
    next_strike_ += std::max(0.2, 1 + c_.slip * events_.gauss()) / m_.defect_order;
  }

  const auto add = [&](const SimTone& tone, const SinCos& at, double gain) {
    for (std::uint32_t a = 0; a < axes_; ++a)
      g_[a] += gain * (tone.in_phase[a] * at.sin + tone.quadrature[a] * at.cos);
  };
  const auto harmonics = [&](std::span<const SimTone> tones, double turns, double gain) {
    const SinCos first = sin_cos(turns);
    SinCos at = first;
    for (const SimTone& tone : tones) {
      add(tone, at, gain);
      // By the sum of angles: one sine for all harmonics of a line.
      at = {at.sin * first.cos + at.cos * first.sin, at.cos * first.cos - at.sin * first.sin};
    }
  };
  harmonics(std::span(m_.shaft).first(shaft_lines_), shaft_, shaft_g_);
  harmonics(std::span(m_.belt).first(belt_lines_), belt_, belt_g_);
  add(m_.line, sin_cos(line_), belt_g_);
}

// Radial load around a bearing (Stribeck): (1 - (1 - cos) / (2 extent))^1.5 inside the zone.
double SimSignal::load_zone(double turns) const {
  const double x = 1 - (1 - sin_cos(turns).cos) / (2 * m_.load_extent);
  return x > 0 ? std::max(kOffLoad, x * std::sqrt(x)) : kOffLoad;
}

// An impulse between two samples: shared among them by its place.
void SimSignal::strike(double share_of_next) {
  double strength = strike_g_ * det::exp(kScatter * events_.gauss());
  switch (c_.fault) {
    case BearingFault::inner:
      strength *= load_zone(shaft_ + m_.load_phase);
      break;
    case BearingFault::ball:
      // An element meets the load as the cage carries it round.
      strength *= load_zone(shaft_ * m_.cage_order + m_.load_phase) * (on_outer_ ? 1 : kInnerOfOuter);
      on_outer_ = !on_outer_;
      break;
    default:
      break;
  }
  for (std::size_t i = 0; i < kSimModes; ++i) {
    impulse_[i] += strength * m_.strike_drive[i] * (1 - share_of_next);
    next_impulse_[i] += strength * m_.strike_drive[i] * share_of_next;
  }
}

// Shocks of the whole body: half-sines that ring it, and knock on the structure.
void SimSignal::bumps() {
  next_bump_ -= 1;
  if (next_bump_ <= 0) {
    // At least one sample away, or two bumps would fall into one.
    next_bump_ += std::max(1.0, events_.exponential() * rate_hz_ / c_.bumps_per_s);
    bump_at_ = 0;
    bump_length_ = std::max(2.0, events_.uniform(0.004, 0.015) * rate_hz_);
    bump_peak_ = c_.bump_g * det::exp(0.5 * events_.gauss());
    if (events_.uniform() < 0.5) bump_peak_ = -bump_peak_;
    for (std::size_t i = 0; i < kSimModes; ++i) impulse_[i] += 0.2 * bump_peak_ * m_.strike_drive[i];
  }
  double force = 0;
  if (bump_at_ < bump_length_) {
    force = bump_peak_ * sin_cos(bump_at_ / bump_length_ / 2).sin;
    bump_at_ += 1;
  }
  const double y = m_.body.c1 * body1_ + m_.body.c2 * body2_ + m_.body.b * force;
  body2_ = body1_;
  body1_ = y;
  for (std::uint32_t a = 0; a < axes_; ++a) g_[a] += m_.bump_gain[a] * (force + y);
}

// Noise and impulses through the structure, and the noise that goes past it.
void SimSignal::drive() {
  const double level = background_g_ * (1 + m_.noise_depth * sin_cos(shaft_).cos);
  for (std::size_t i = 0; i < kSimModes; ++i) {
    const double u = impulse_[i] + level * m_.noise_drive[i] * noise_.gauss();
    const double y = m_.mode[i].c1 * y1_[i] + m_.mode[i].c2 * y2_[i] + m_.mode[i].b * u;
    y2_[i] = y1_[i];
    y1_[i] = y;
    for (std::uint32_t a = 0; a < axes_; ++a) g_[a] += m_.mode_gain[i][a] * y;
  }
  const double bright = std::sqrt(1 - m_.broad_dark * m_.broad_dark);
  for (std::uint32_t a = 0; a < axes_; ++a) {
    // Two independent parts, so that their powers add.
    dark_[a] = m_.broad_pole * dark_[a] + m_.broad_norm * noise_.gauss();
    g_[a] += level * m_.broad_gain[a] * (m_.broad_dark * dark_[a] + bright * noise_.gauss());
  }
}

}  // namespace torpor
