// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/indicators.h"

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

constexpr double kMedianCells = 24;
constexpr double kBlindCells = 3;
constexpr double kMinPeakProminence = 3;

void measure_samples(const Window& window, std::size_t axis, AxisIndicators& out) {
  const std::size_t n = window.samples_per_axis();
  if (n == 0) return;
  const auto at = [&](std::size_t i) { return static_cast<double>(window.samples[i * window.axes + axis]); };
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += at(i);
  const double mean = sum / static_cast<double>(n);
  double second = 0, fourth = 0, peak = 0;
  // Squares once more around the mean: kurtosis and crest are of the movement, not of gravity.
  for (std::size_t i = 0; i < n; ++i) {
    const double d = at(i) - mean, square = d * d;
    second += square;
    fourth += square * square;
    peak = std::max(peak, square);
  }
  // A constant axis has no shape: 0 says so, a quotient would not.
  if (second <= 0) return;
  const double variance = second / static_cast<double>(n);
  out.rms_g = std::sqrt(variance) * static_cast<double>(window.scale_pg) * 1e-12;
  out.kurtosis = fourth / static_cast<double>(n) / (variance * variance);
  out.crest = std::sqrt(peak / variance);
}

std::size_t most_impulsive_band(const EnvelopeAnalyzer& envelope, std::size_t axis) {
  std::size_t best = 0;
  // Shocks ring one resonance: the band that holds it has the largest kurtosis.
  for (std::size_t b = 1; b < kEnvelopeBands; ++b)
    if (envelope.spectrum(axis, b).kurtosis > envelope.spectrum(axis, best).kurtosis) best = b;
  return best;
}

// The strongest local maxima, at least a cell apart.
void find_peaks(const EnvelopeSpectrum& spectrum, std::span<const float> prominence, AxisIndicators& out) {
  // Two maxima within a cell are one line seen twice.
  const auto apart = static_cast<std::size_t>(std::ceil(spectrum.cell_bins));
  for (std::size_t k = apart; k + apart < prominence.size(); ++k) {
    const double p = static_cast<double>(prominence[k]);
    if (p < kMinPeakProminence || p <= out.peaks.back().prominence) continue;
    const auto around = prominence.subspan(k - apart, 2 * apart + 1);
    if (*std::max_element(around.begin(), around.end()) > prominence[k]) continue;
    out.peaks.back() = {static_cast<double>(k) * spectrum.bin_hz, p};
    std::sort(out.peaks.begin(), out.peaks.end(),
              [](const auto& a, const auto& b) { return a.prominence > b.prominence; });
  }
}

}  // namespace

void prominence_of(const EnvelopeSpectrum& spectrum, std::span<float> scratch, std::span<float> out) {
  const auto power = spectrum.power;
  std::fill(out.begin(), out.end(), 0.0f);
  const auto blind = static_cast<std::size_t>(std::ceil(kBlindCells * spectrum.cell_bins));
  const auto reach = static_cast<std::size_t>(std::ceil(kMedianCells * spectrum.cell_bins));
  // A median over 48 cells hardly moves in an eighth of its reach; one for each bin would cost eight times
  // and more.
  const std::size_t step = std::max<std::size_t>(1, reach / 8);
  for (std::size_t from = blind; from < power.size(); from += step) {
    // Symmetric around the middle of the step, so that a slope cancels out.
    const std::size_t to = std::min(power.size(), from + step);
    const std::size_t centre = (from + to) / 2;
    const std::size_t side = std::max(step, std::min({reach, centre - blind + 1, power.size() - centre}));
    const std::size_t low = std::max(blind, centre - std::min(centre, side));
    const std::size_t high = std::min(power.size(), centre + side);
    std::copy(power.begin() + static_cast<std::ptrdiff_t>(low),
              power.begin() + static_cast<std::ptrdiff_t>(high), scratch.begin());
    const auto median = static_cast<float>(median_in_place(scratch.first(high - low)));
    for (std::size_t k = from; k < to; ++k) out[k] = median > 0 ? power[k] / median : 0;
  }
}

Indicators compute_indicators(const Window& window, const EnvelopeAnalyzer& envelope,
                              IndicatorWorkspace& workspace) {
  Indicators out;
  out.axes = static_cast<std::uint32_t>(std::min<std::size_t>(window.axes, kMaxAxes));
  for (std::size_t axis = 0; axis < out.axes; ++axis) {
    measure_samples(window, axis, out.axis[axis]);
    // An analyser made for fewer axes has no spectra of the others.
    if (axis >= envelope.axes()) continue;
    const EnvelopeSpectrum spectrum = envelope.spectrum(axis, most_impulsive_band(envelope, axis));
    if (spectrum.segments == 0) continue;
    out.axis[axis].velocity_rms_mm_s = envelope.velocity_rms_mm_s(axis);
    const std::span<float> prominence = std::span(workspace.prominence).first(spectrum.power.size());
    prominence_of(spectrum, workspace.scratch, prominence);
    find_peaks(spectrum, prominence, out.axis[axis]);
  }
  return out;
}

}  // namespace torpor
