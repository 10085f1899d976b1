// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/explain/comb.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace torpor {
namespace {

constexpr double kSlipWidth = 0.003;
constexpr double kOneInTenThousand = 3.72;   // the normal distribution's upper quantile at 1e-4
constexpr std::uint32_t kFinest = 8;         // finer combs looked for: f / 2 .. f / 8
constexpr double kFinerShare = 0.5;          // of their own lines that must stand out to count
constexpr double kBlindCells = 3;            // prominence_of leaves them out
constexpr std::size_t kLeads = 24;           // peaks that may lead any_comb
constexpr std::uint32_t kLinesAnywhere = 4;  // asked of a comb nobody predicted

// At low frequencies a line is as wide as the transform makes it, at high ones as wide as slip.
double half_width(const ProminenceSpectrum& s, double hertz) {
  return std::max(0.5 * s.cell_bins, kSlipWidth * hertz / s.bin_hz);
}

// Wilson and Hilferty (1931): the cube root of chi-square over its freedom is nearly normal.
// Quantile of chi-square(freedom) / freedom at z standard deviations of a normal.
double chi_square_ratio(double freedom, double z) {
  const double a = 2 / (9 * freedom);
  const double root = 1 - a + z * std::sqrt(a);
  return root * root * root;
}

bool on_shaft(const ProminenceSpectrum& s, double hertz, double shaft_hz) {
  if (shaft_hz <= 0) return false;
  const double turns = hertz / shaft_hz;
  // Within half a cell: nearer two lines cannot be told apart.
  return std::abs(turns - std::round(turns)) * shaft_hz < 0.5 * s.cell_bins * s.bin_hz;
}

// Turns of the shaft and its sidebands around the lines of f are expected beside a defect.
bool beside(const ProminenceSpectrum& s, double hertz, double line, double shaft_hz) {
  if (on_shaft(s, hertz, shaft_hz)) return true;
  // Sidebands lie whole turns of the shaft from a line: an inner race passes through the load zone once a
  // turn.
  const double nearest = std::round(hertz / line) * line;
  return shaft_hz > 0 && on_shaft(s, hertz - nearest, shaft_hz);
}

// True where the lines of f are only every k-th line of a finer comb f / k.
bool finer_comb(const ProminenceSpectrum& s, const Comb& comb, const CombRules& rules) {
  for (std::uint32_t k = rules.half_allowed ? 3 : 2; k <= kFinest; ++k) {
    std::uint32_t lines = 0, standing = 0;
    for (std::uint32_t i = 1; i < 3 * k; ++i) {
      const double hertz = comb.hertz * i / k;
      // The lines of f itself say nothing about a finer comb, and the first cells hold no prominence.
      if (i % k == 0 || hertz < (kBlindCells + 0.5) * s.cell_bins * s.bin_hz) continue;
      // Half orders are the ball's own: f / 2 is its spin, in which one ring hits the spot once.
      if ((rules.half_allowed && 2 * i % k == 0) || beside(s, hertz, comb.hertz, rules.shaft_hz)) continue;
      ++lines;
      standing += prominence_at(s, hertz) > noise_limit(s, hertz);
    }
    // A single place to look at proves nothing.
    if (lines >= 2 && standing > kFinerShare * lines) return true;
  }
  return false;
}

}  // namespace

double prominence_at(const ProminenceSpectrum& s, double hertz) {
  const double centre = hertz / s.bin_hz, half = half_width(s, hertz);
  const double low = std::ceil(centre - half), high = std::floor(centre + half);
  if (low < 0 || high + 1 >= static_cast<double>(s.prominence.size())) return 0;
  if (high < low) return static_cast<double>(s.prominence[static_cast<std::size_t>(std::lround(centre))]);
  double sum = 0;
  for (auto k = static_cast<std::size_t>(low); k <= static_cast<std::size_t>(high); ++k)
    sum += static_cast<double>(s.prominence[k]);
  return sum / (high - low + 1);
}

double noise_limit(const ProminenceSpectrum& s, double hertz) {
  const double cells = std::max(1.0, 2 * half_width(s, hertz) / s.cell_bins);
  // Prominence is over a median, the quantile is over a mean: the quotient puts both in one unit.
  const double median = chi_square_ratio(s.freedom, 0);
  // Averaged over more cells the noise has more degrees of freedom and so a lower limit.
  return std::max(kMinProminence, chi_square_ratio(s.freedom * cells, kOneInTenThousand) / median);
}

std::uint32_t Comb::count() const { return static_cast<std::uint32_t>(std::popcount(harmonics)); }

Comb comb_at(const ProminenceSpectrum& s, double hertz, const CombRules& rules) {
  Comb comb;
  comb.hertz = hertz;
  for (std::uint32_t h = 0; h < kHarmonics; ++h) {
    const double line = hertz * (h + 1);
    const double prominence = prominence_at(s, line);
    // 0 outside of the spectrum and where it is blind; its logarithm would be none.
    if (prominence <= 0) continue;
    const double log_prominence = std::log(prominence);
    // Kept whether it counts or not: the reference is made of what healthy windows show.
    comb.log_prominence[h] = log_prominence;
    if (prominence <= noise_limit(s, line) || log_prominence <= rules.healthy_limit[h] ||
        on_shaft(s, line, rules.shaft_hz))
      continue;
    comb.harmonics |= 1u << h;
    comb.score += log_prominence;
  }
  return comb;
}

Comb best_comb(const ProminenceSpectrum& s, double hertz, double tolerance, const CombRules& rules) {
  // Half a cell at the highest harmonic, which moves five times as far as the first.
  const double step = 0.5 * s.cell_bins * s.bin_hz / kHarmonics;
  const auto steps = static_cast<int>(std::floor(tolerance * hertz / step));
  Comb best;
  for (int i = -steps; i <= steps; ++i) {
    // Enough lines before strength: one strong line is no comb.
    const Comb comb = comb_at(s, hertz + i * step, rules);
    if (comb.count() >= kHarmonicsNeeded && comb.score > best.score) best = comb;
  }
  // Only of the best: its lines decide whether something finer explains them.
  if (best.harmonics != 0 && finer_comb(s, best, rules)) return {};
  return best;
}

Comb any_comb(const ProminenceSpectrum& s, const CombRules& rules) {
  const auto cell = static_cast<std::size_t>(std::ceil(s.cell_bins));
  struct Lead {
    std::size_t bin = 0;
    float prominence = 0;
  };
  // Peaks lead, because a comb has a line at every place where it is looked for: 24 places instead of some
  // thousand.
  std::array<Lead, kLeads> leads{};
  for (std::size_t k = cell; k + cell < s.prominence.size(); ++k) {
    const float p = s.prominence[k];
    if (p <= leads.back().prominence || static_cast<double>(p) < kMinProminence) continue;
    const auto around = s.prominence.subspan(k - cell, 2 * cell + 1);
    // The largest within a cell to each side, so that one line leads once.
    if (*std::max_element(around.begin(), around.end()) > p) continue;
    leads.back() = {k, p};
    std::sort(leads.begin(), leads.end(),
              [](const Lead& a, const Lead& b) { return a.prominence > b.prominence; });
  }
  Comb best;
  for (const Lead& lead : leads) {
    if (lead.bin == 0) break;
    // The strongest line may be the second of its comb.
    for (const double order : {1.0, 2.0}) {
      const double hertz = static_cast<double>(lead.bin) * s.bin_hz / order;
      if (hertz < (kBlindCells + 0.5) * s.cell_bins * s.bin_hz) continue;
      // The peak is known to a cell; its fundamental to a half of that where it is the second line.
      const double tolerance = s.cell_bins * s.bin_hz / hertz / order;
      const Comb comb = best_comb(s, hertz, tolerance, rules);
      if (comb.count() >= kLinesAnywhere && comb.score > best.score) best = comb;
    }
  }
  return best;
}

}  // namespace torpor
