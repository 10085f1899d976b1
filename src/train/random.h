// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

// The randomness of training: seeded, and the same on every host.
namespace torpor::train {

// xoshiro256** seeded by splitmix64. (seed, stream) pairs give unrelated sequences, so a
// machine's sound does not hang on which thread made it or in what order. One thread each.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint64_t next();
  double uniform();                      // [0, 1)
  double uniform(double lo, double hi);  // [lo, hi)
  double log_uniform(double lo, double hi);
  bool chance(double p) { return uniform() < p; }
  std::size_t below(std::size_t n);  // 0..n-1; n > 0
  int between(int lo, int hi);       // both ends included
  // Standard normal from a table of 65,536 quantiles: bounded at about +-4.3. Tails play
  // no part where it is used (mixed by a Fourier transform, or as a jitter).
  double normal();
  void normals(std::span<float> out);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace torpor::train
