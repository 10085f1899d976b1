// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>

// Numbers that look random and are the same on every host, in every build: for simulated
// bearings, tests, training and a spread over the fleet. Never for a secret.
namespace torpor::det {

// A bijection of 64 bits in which every input bit reaches every output bit: the finaliser
// of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// SplitMix64 itself: a counter in steps of 2^64 / golden ratio, mixed. Period 2^64, any seed
// is as good as any other. Two draws in one expression come in no defined order, so each
// stands in a statement of its own. One thread each.
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15u); }
  // [0, 1), of 53 bits.
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace torpor::det
