// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "verdict/explain/explanation.h"

namespace torpor {

// A small rotating machine for the tests of the explanation: strikes with slip that ring
// modes of a structure, load zone, shaft and belt tones, bumps, coloured noise. The
// simulator of src/sensor is the thorough one; this one is independent of it.
struct MachineConfig {
  std::uint64_t seed = 1;
  SensorTerms sensor{};
  double rpm = 1800;
  std::optional<Defect> defect;
  double strike = 6;       // peak of a strike over the RMS of the background
  double slip = 0.012;     // spread of the time between strikes
  double belt = 0;         // RMS of belt tones over that of the background
  double bumps_per_s = 0;  // 15 times the background each, ringing the same modes
  std::size_t block = 0;   // samples per block; 0: one block
};

class MachineForTest {
 public:
  explicit MachineForTest(const MachineConfig& config) : config_(config), random_(config.seed) {}
  // The next window; valid until the one after.
  Window next(double seconds);

 private:
  struct Structure;
  struct Strike {
    double time, strength;
  };
  std::vector<Strike> strikes(double seconds);
  void background(const Structure& structure, std::vector<double>& x);
  void ring(const Structure& structure, std::vector<double>& x);

  MachineConfig config_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;  // a member, for it keeps every second draw
  std::vector<Strike> strikes_;
  std::vector<std::int16_t> samples_;
  std::vector<std::uint32_t> blocks_;
};

// One axis at rate_hz with this geometry.
SensorTerms sensor_for_test(double rate_hz, std::uint32_t elements, double ratio, std::uint32_t axes = 1);

}  // namespace torpor
