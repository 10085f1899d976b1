// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <vector>

#include "features/raw.h"

namespace torpor {

// Signals for tests, from integers only: equal on every host.
class TestSignal {
 public:
  explicit TestSignal(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
  static constexpr double kNoiseRms = 800;
  // White Gaussian noise.
  std::vector<std::int16_t> noise(std::size_t n);
  // The same, its amplitude multiplied by 1 + depth * sine of `period` samples.
  std::vector<std::int16_t> modulated(std::size_t n, double period, double depth);
  // Noise with a decaying tone (at `carrier` of the rate) every `period` samples.
  std::vector<std::int16_t> impulses(std::size_t n, double period, double carrier, double height);

 private:
  std::uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  std::uint32_t state_;
};

// One axis, one piece, rpm 0 = no speed; traps on a refusal.
RawFeatures features_of(const std::vector<std::int16_t>& x, double rate_hz, double rpm, float scale = 0.001f);

}  // namespace torpor
