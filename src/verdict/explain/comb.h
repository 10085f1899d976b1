// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

// Is there a comb of lines at h * f in this spectrum? The statistics behind explanation.h,
// pure. Powers are given as prominence: over the local median (features/indicators.h).
namespace torpor {

inline constexpr std::uint32_t kHarmonics = 5;        // looked at
inline constexpr std::uint32_t kHarmonicsNeeded = 3;  // of them must stand out
inline constexpr double kMinProminence = 2;           // below it a ripple is no line

struct ProminenceSpectrum {
  std::span<const float> prominence;
  double bin_hz = 0;
  double cell_bins = 1;  // width of one independent cell
  double freedom = 2;    // degrees of freedom of one bin: 2 per independent segment averaged
};

// Mean prominence over the wider of one cell and +-0.3 % around `hertz` (slip widens a line
// in proportion to its frequency); 0 outside the spectrum.
double prominence_at(const ProminenceSpectrum& spectrum, double hertz);
// What prominence_at exceeds by chance once in ten thousand, noise being chi-square
// (Wilson and Hilferty's approximation), and never less than kMinProminence.
double noise_limit(const ProminenceSpectrum& spectrum, double hertz);

struct Comb {
  double hertz = 0;
  std::uint32_t harmonics = 0;  // bit h - 1: line h stands out
  double score = 0;             // sum of log prominence of those
  std::array<double, kHarmonics> log_prominence{};
  std::uint32_t count() const;
};

struct CombRules {
  double shaft_hz = 0;  // lines that multiples of it explain do not count; 0: unknown
  // A line must also exceed this (log prominence): what healthy windows showed there.
  std::array<double, kHarmonics> healthy_limit{};
  bool half_allowed = false;  // lines at odd multiples of f / 2 are no objection (ball)
};

// The comb at f = hertz, judged by these rules.
Comb comb_at(const ProminenceSpectrum& spectrum, double hertz, const CombRules& rules);

// The best comb with f within +- tolerance of hertz, at least kHarmonicsNeeded lines and no
// finer comb (f / 2 .. f / 8) that would explain it; else one with no harmonics.
Comb best_comb(const ProminenceSpectrum& spectrum, double hertz, double tolerance, const CombRules& rules);

// The strongest comb anywhere, led by the spectrum's own peaks; at least four lines.
Comb any_comb(const ProminenceSpectrum& spectrum, const CombRules& rules);

}  // namespace torpor
