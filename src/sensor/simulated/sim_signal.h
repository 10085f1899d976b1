// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sensor/simulated/sim_machine.h"
#include "sensor/simulated/sim_random.h"

namespace torpor {

// One window's samples of a simulated machine, sample by sample. A value: beginning a
// window makes a new one from (machine, config, window number). No heap.
class SimSignal {
 public:
  // `severity` of this window; `scale_pg` per LSB. The references outlive it.
  SimSignal(const SimMachine& machine, const SimConfig& config, const SensorTerms& sensor,
            std::int64_t scale_pg, std::uint64_t window, std::uint32_t samples, double severity);
  // Shaft speed of this window, its mean.
  double rpm() const { return rpm_; }
  // The next samples, interleaved; never INT16_MIN.
  void fill(std::span<std::int16_t> interleaved);

 private:
  void step();
  void turn();
  void strike(double share_of_next);
  void drive();
  void bumps();
  double load_zone(double turns) const;

  const SimMachine& m_;
  const SimConfig& c_;
  const std::uint32_t axes_;
  const double rate_hz_;

  // Scales of this window.
  double rpm_ = 0;
  double background_g_ = 0;
  double shaft_g_ = 0;
  double belt_g_ = 0;
  double strike_g_ = 0;
  double sensor_noise_g_ = 0;
  double lsb_per_g_ = 0;
  std::size_t shaft_lines_ = 0;  // harmonics below Nyquist
  std::size_t belt_lines_ = 0;

  // Where the machine is. Angles in turns.
  double shaft_ = 0;
  double belt_ = 0;
  double line_ = 0;
  double step_ = 0;       // shaft's turns per sample, now
  double ramp_step_ = 0;  // its change per sample
  double wander_ = 0;     // angle of the slow change
  double wander_step_ = 0;
  double next_strike_ = 0;                        // shaft angle
  bool on_outer_ = false;                         // the race that the element's spall strikes next
  std::array<double, kSimModes> impulse_{};       // to drive the modes now
  std::array<double, kSimModes> next_impulse_{};  // and one sample later
  std::array<double, kSimModes> y1_{};
  std::array<double, kSimModes> y2_{};
  PerAxis dark_{};
  double body1_ = 0;
  double body2_ = 0;
  double next_bump_ = 0;  // samples from now
  double bump_at_ = 0;    // samples into the running bump
  double bump_length_ = 0;
  double bump_peak_ = 0;
  PerAxis g_{};  // the sample

  CounterRandom noise_;
  CounterRandom events_;
};

}  // namespace torpor
