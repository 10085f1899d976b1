// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <cstdint>

#include "exact/math.h"
#include "exact/random.h"

namespace torpor {

// Random numbers that are a function of (seed, stream, index) and of how many were drawn
// before, the same on every host and in every library: integers, then exact or det::
// arithmetic.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
      : random_(det::mix(det::mix(det::mix(seed) ^ stream) ^ index)) {}

  std::uint64_t bits() { return random_.next(); }
  // [0, 1)
  double uniform() { return random_.uniform(); }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Mean 0, variance 1: the bits set in 128 (binomial) made continuous by a triangle of the
  // same spacing. Excess kurtosis -0.016, at most 11.5; good enough for noise, and exact.
  double gauss() {
    const std::uint64_t a = bits();
    const std::uint64_t b = bits();
    const int set = std::popcount(a) + std::popcount(b) - 64;
    const std::uint64_t fine = det::mix(a ^ b);
    const auto low = static_cast<double>(fine >> 32) * 0x1p-32;
    const auto high = static_cast<double>(fine & 0xffffffffu) * 0x1p-32;
    constexpr double kUnit = 0.17631973268891837;  // 1 / sqrt(32 + 1 / 6)
    return (set + low - high) * kUnit;
  }
  // Exponential with mean 1: the time to the next of a Poisson process.
  double exponential() { return -det::log(1 - uniform()); }

 private:
  det::SplitMix64 random_;
};

}  // namespace torpor
