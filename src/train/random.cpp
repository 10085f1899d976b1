// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/random.h"

#include <cmath>
#include <vector>

#include "base/assertion.h"
#include "exact/random.h"

namespace torpor::train {
namespace {

std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

// Quantiles of the normal at (i + 1/2) / 65536: the density is integrated upward from the
// middle (trapezium rule, steps of 1e-4) and inverted on the way; the lower half mirrors.
// A table: a draw is one look-up, and rendering takes millions of them.
std::vector<float> make_quantiles() {
  constexpr std::size_t kHalf = 32768;
  std::vector<float> table(2 * kHalf);
  const double step = 1e-4, scale = 0.3989422804014327;
  double x = 0, cdf = 0.5, density = scale;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const double target = (static_cast<double>(kHalf + i) + 0.5) / (2.0 * kHalf);
    while (cdf < target) {
      x += step;
      const double d = scale * std::exp(-0.5 * x * x);
      cdf += 0.5 * step * (density + d);
      density = d;
    }
    const double back = (cdf - target) / density;
    table[kHalf + i] = static_cast<float>(x - back);
    table[kHalf - 1 - i] = -table[kHalf + i];
  }
  return table;
}

const std::vector<float>& quantiles() {
  static const std::vector<float> table = make_quantiles();
  return table;
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) {
  // Mixed before the stream joins it: seeds and streams are small numbers that follow one another, and their
  // sums would meet.
  const std::uint64_t mixed = det::SplitMix64(seed).next();
  det::SplitMix64 seeds(mixed ^ (stream * 0xd1342543de82ef95u + 0x2545f4914f6cdd1du));
  for (auto& s : state_) s = seeds.next();
}

std::uint64_t Random::next() {
  // xoshiro256** (Blackman and Vigna 2018).
  const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate(state_[3], 45);
  return result;
}

// The upper 53 bits: what a double holds exactly, so that 1 is never reached by rounding.
double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
double Random::uniform(double lo, double hi) { return lo + (hi - lo) * uniform(); }
double Random::log_uniform(double lo, double hi) { return lo * std::exp(uniform() * std::log(hi / lo)); }

// The high part of 53 bits times n: what floor(uniform() * n) would be without rounding.
std::size_t Random::below(std::size_t n) {
  TORPOR_ASSERT(n > 0, "train.something_is_drawn_from");
  return static_cast<std::size_t>((static_cast<unsigned __int128>(next() >> 11) * n) >> 53);
}
int Random::between(int lo, int hi) {
  return lo + static_cast<int>(below(static_cast<std::size_t>(hi - lo + 1)));
}

double Random::normal() { return static_cast<double>(quantiles()[next() & 0xffff]); }

void Random::normals(std::span<float> out) {
  const float* table = quantiles().data();
  std::size_t i = 0;
  for (; i + 4 <= out.size(); i += 4) {
    // Four draws of 16 bits from one number.
    const std::uint64_t bits = next();
    for (std::size_t j = 0; j < 4; ++j) out[i + j] = table[(bits >> (16 * j)) & 0xffff];
  }
  for (; i < out.size(); ++i) out[i] = table[next() & 0xffff];
}

}  // namespace torpor::train
