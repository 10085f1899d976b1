// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/fake/signals.h"

#include <algorithm>
#include <cmath>

#include "exact/math.h"

namespace torpor {
namespace {

// sin(2 pi x), the same everywhere.
double sine(double turns) {
  const double fraction = turns - static_cast<double>(static_cast<std::int64_t>(turns));
  return det::sin_cos_turn(static_cast<std::int64_t>(fraction * 1048576), 1048576).sin;
}
std::int16_t clamp16(double x) {
  return static_cast<std::int16_t>(std::clamp(det::round_half_even(x), -32767, 32767));
}

}  // namespace

std::vector<std::int16_t> TestSignal::noise(std::size_t n) {
  std::vector<std::int16_t> x(n);
  for (std::size_t i = 0; i < n; i += 2) {  // Box and Muller's pair
    const double radius = kNoiseRms * std::sqrt(-2 * det::log((next() + 1.0) * 0x1p-32));
    const auto turn = det::sin_cos_turn(next() >> 8, 1 << 24);
    x[i] = clamp16(radius * turn.cos);
    if (i + 1 < n) x[i + 1] = clamp16(radius * turn.sin);
  }
  return x;
}

std::vector<std::int16_t> TestSignal::modulated(std::size_t n, double period, double depth) {
  auto x = noise(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = clamp16(x[i] * (1 + depth * sine(static_cast<double>(i) / period)));
  return x;
}

std::vector<std::int16_t> TestSignal::impulses(std::size_t n, double period, double carrier, double height) {
  auto x = noise(n);
  for (double at = 0; at < static_cast<double>(n); at += period)
    for (std::size_t i = 0; i < 200 && static_cast<std::size_t>(at) + i < n; ++i) {
      auto& v = x[static_cast<std::size_t>(at) + i];
      v = clamp16(v +
                  height * det::exp(-static_cast<double>(i) / 25) * sine(carrier * static_cast<double>(i)));
    }
  return x;
}

RawFeatures features_of(const std::vector<std::int16_t>& x, double rate_hz, double rpm, float scale) {
  auto extractor =
      FeatureExtractor::prepare(static_cast<std::uint32_t>(rate_hz * 1000), x.size(),
                                rpm > 0 ? FeatureExtractor::Speed::known : FeatureExtractor::Speed::unknown);
  RawFeatures raw;
  const Piece piece{x.data(), x.size(), 1};
  if (!extractor->extract(std::span(&piece, 1), scale, static_cast<float>(rpm / 60), raw)) __builtin_trap();
  return raw;
}

}  // namespace torpor
