// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <cstdint>

#include "exact/math.h"

namespace torpor {

// Random numbers that are a function of (seed, stream, index) and a counter, the same on
// every host and in every library: integers, then exact or det:: arithmetic. Two draws in
// one expression come in no defined order, so each stands in a statement of its own.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
      : key_(mix(mix(mix(seed) ^ stream) ^ index)) {}

  std::uint64_t bits() { return mix(key_ + kStep * ++counter_); }
  // [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Mean 0, variance 1: the bits set in 128 (binomial) made continuous by a triangle of the
  // same spacing. Excess kurtosis -0.016, at most 11.5; good enough for noise, and exact.
  double gauss() {
    const std::uint64_t a = bits();
    const std::uint64_t b = bits();
    const int set = std::popcount(a) + std::popcount(b) - 64;
    const std::uint64_t fine = mix(a ^ b);
    const auto low = static_cast<double>(fine >> 32) * 0x1p-32;
    const auto high = static_cast<double>(fine & 0xffffffffu) * 0x1p-32;
    constexpr double kUnit = 0.17631973268891837;  // 1 / sqrt(32 + 1 / 6)
    return (set + low - high) * kUnit;
  }
  // Exponential with mean 1: the time to the next of a Poisson process.
  double exponential() { return -det::log(1 - uniform()); }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  // A bijection of 64 bits in which every input bit reaches every output bit (the
  // finaliser of SplitMix64: Steele, Lea, Flood, 2014).
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace torpor
