// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/white_noise.h"

#include <algorithm>

#include "exact/math.h"
#include "features/white_noise_table.h"

namespace torpor::white {
namespace {

using namespace table;

// Piecewise linear over rising knots, held constant outside them.
struct Place {
  std::size_t at;
  float part;
};
template <std::size_t N>
Place place(const std::array<float, N>& knots, float x) {
  if (x <= knots[0]) return {0, 0.0f};
  for (std::size_t i = 1; i < N; ++i)
    if (x < knots[i]) return {i - 1, (x - knots[i - 1]) / (knots[i] - knots[i - 1])};
  return {N - 2, 1.0f};
}
template <std::size_t N>
float between(const std::array<float, N>& values, Place p) {
  return values[p.at] + p.part * (values[p.at + 1] - values[p.at]);
}
template <std::size_t N>
// By the same logarithm as the place, so that a count that is a knot falls exactly on it.
std::array<float, N> logs(const std::array<std::size_t, N>& knots) {
  std::array<float, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = det::log(static_cast<float>(knots[i]));
  return out;
}
template <std::size_t N>
Place log_place(const std::array<std::size_t, N>& knots, std::size_t n) {
  return place(logs(knots), det::log(static_cast<float>(n)));
}
// Biases fall as 1 / frames: linear in that, knots rising again by the sign.
template <std::size_t N>
Place inverse_place(const std::array<std::size_t, N>& knots, std::size_t n) {
  std::array<float, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = -1.0f / static_cast<float>(knots[i]);
  return place(out, -1.0f / static_cast<float>(n));
}

}  // namespace

std::array<double, 3> envelope_autocorrelation(BandKind kind, std::span<const float> window,
                                               std::size_t hop) {
  // Sum of a power series in rho^2: complex, coefficients ((-1/2)_m / m!)^2; real,
  // those of sqrt(1 - r^2) + r asin(r) - 1.
  const auto series = [kind](double rho2) {
    double sum = 0;
    double power = 1;
    double a = 1;  // complex: (-1/2)_m / m!; real: (2m)! / (4^m m!^2)
    // At rho = 1 terms fall as m^-3 (complex) or m^-2.5 (real): after 4,000 less than 1e-6 of the sum is
    // missing. Only while an extractor is prepared.
    for (int m = 0; m < 4000; ++m) {
      const double term = kind == BandKind::nyquist ? a * power * rho2 / ((2.0 * m + 1) * (2.0 * m + 2))
                                                    : (m == 0 ? 0.0 : a * a * power);
      sum += term;
      a *= kind == BandKind::nyquist ? (2.0 * m + 1) / (2.0 * m + 2) : (m - 0.5) / (m + 1);
      power *= rho2;
    }
    return sum;
  };
  double energy = 0;
  for (float w : window) energy += double{w} * w;
  std::array<double, 3> out;
  const double at_zero = series(1.0);
  for (std::size_t j = 1; j <= 3; ++j) {
    double overlap = 0;
    for (std::size_t i = 0; i + j * hop < window.size(); ++i)
      overlap += double{window[i]} * window[i + j * hop];
    // Of the samples that two frames share: (window * window shifted) / energy.
    const double rho = overlap / energy;
    out[j - 1] = series(rho * rho) / at_zero;
  }
  return out;
}

float level(std::size_t frames) { return between(kLevel, inverse_place(kLongFrames, frames)); }
float kurtosis(std::size_t frames) { return between(kKurtosis, inverse_place(kLongFrames, frames)); }

float power(std::size_t which, BandKind kind, std::size_t frames) {
  return between(kPower[static_cast<std::size_t>(kind)][which], log_place(kShortFrames, frames));
}

float order(std::size_t bins, float padding) {
  const Place n = log_place(kBins, bins);
  const Place p = place(kPadding, padding);
  return (1 - p.part) * between(kOrder[p.at], n) + p.part * between(kOrder[p.at + 1], n);
}

float comb(std::size_t harmonics, std::size_t bins, float padding) {
  const auto& of = kComb[std::clamp<std::size_t>(harmonics, 2, 5) - 2];
  const Place n = log_place(kBins, bins);
  const Place p = place(kPadding, padding);
  return (1 - p.part) * between(of[p.at], n) + p.part * between(of[p.at + 1], n);
}

float crest(std::size_t samples) { return between(kCrest, log_place(kSamples, samples)); }

}  // namespace torpor::white
