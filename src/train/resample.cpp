// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace torpor::train {
namespace {

constexpr int kCrossings = 12;
constexpr int kPerCrossing = 256;
constexpr std::size_t kLastCell = kCrossings * kPerCrossing;  // its right neighbour is there too

// The kernel over 0 .. kCrossings, one more than needed for interpolation.
const std::vector<float>& kernel() {
  static const std::vector<float> table = [] {
    std::vector<float> t(kCrossings * kPerCrossing + 2, 0.0f);
    for (std::size_t i = 0; i + 2 < t.size(); ++i) {
      const double x = static_cast<double>(i) / kPerCrossing, px = std::numbers::pi * x;
      // Hann's: about 60 dB with 12 crossings (resample.h).
      const double window = 0.5 + 0.5 * std::cos(px / kCrossings);
      t[i] = static_cast<float>((i == 0 ? 1 : std::sin(px) / px) * window);
    }
    return t;
  }();
  return table;
}

std::size_t mirrored(long i, long n) {
  // Mirrored between samples, so that the first one does not count twice; clamped for a signal shorter than
  // the kernel.
  if (i < 0) i = -i - 1;
  if (i >= n) i = 2 * n - 1 - i;
  return static_cast<std::size_t>(std::clamp(i, 0L, n - 1));
}

}  // namespace

void read_at(std::span<const float> in, double first, double step, std::span<float> out) {
  const float* table = kernel().data();
  const double cut = std::min(1.0, 0.97 / step);
  // Reading faster than the rate, the kernel is stretched: it is its own anti-alias filter.
  const double reach = kCrossings / cut;
  const long n = static_cast<long>(in.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = first + static_cast<double>(i) * step;
    const long from = static_cast<long>(std::ceil(at - reach)),
               to = static_cast<long>(std::floor(at + reach));
    float sum = 0;
    for (long k = from; k <= to; ++k) {
      // O(out x reach) reads of a table of 12 kB, which stays in the first cache.
      const float x = static_cast<float>(std::abs(static_cast<double>(k) - at) * cut * kPerCrossing);
      const std::size_t cell = std::min(static_cast<std::size_t>(x), kLastCell);
      const float part = x - static_cast<float>(cell);
      const float value = (k >= 0 && k < n) ? in[static_cast<std::size_t>(k)] : in[mirrored(k, n)];
      sum += value * (table[cell] + part * (table[cell + 1] - table[cell]));
    }
    out[i] = sum * static_cast<float>(cut);
  }
}

}  // namespace torpor::train
