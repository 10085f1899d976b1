// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/envelope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "features/complex_fft.h"
#include "features/indicators.h"

namespace torpor {
namespace {

constexpr double kTurn = 2 * 3.14159265358979323846;
constexpr double kRate = 12'800;

// A window of one axis from a signal in g, 1 mg per LSB, blocks of `block` samples.
struct Signal {
  Signal(double seconds, const std::function<double(double)>& g, std::size_t block = 0) {
    const auto n = static_cast<std::size_t>(seconds * kRate);
    for (std::size_t i = 0; i < n; ++i)
      samples.push_back(static_cast<std::int16_t>(std::lround(1000 * g(static_cast<double>(i) / kRate))));
    for (std::size_t at = 0; at < n; at += block == 0 ? n : block)
      starts.push_back(static_cast<std::uint32_t>(at));
  }
  Window window() const {
    Window w;
    w.rate_mhz = static_cast<std::uint32_t>(kRate * 1000);
    w.axes = 1;
    w.scale_pg = 1'000'000'000;
    w.samples = samples;
    w.block_starts = starts;
    return w;
  }
  std::vector<std::int16_t> samples;
  std::vector<std::uint32_t> starts;
};

std::size_t strongest(const EnvelopeSpectrum& s) {
  const auto from = s.power.begin() + static_cast<std::ptrdiff_t>(std::ceil(2 * s.cell_bins));
  return static_cast<std::size_t>(std::max_element(from, s.power.end()) - s.power.begin());
}

TEST(complex_fft, equals_the_sum_it_stands_for_and_inverts) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const ComplexFft fft(64);
  for (const std::size_t n : {1u, 2u, 16u, 64u}) {
    std::vector<std::complex<float>> x(n);
    for (auto& v : x) v = {normal(random), normal(random)};
    auto y = x;
    fft.forward(y);
    for (std::size_t k = 0; k < n; ++k) {
      std::complex<double> sum;
      for (std::size_t i = 0; i < n; ++i)
        sum += std::complex<double>(x[i]) *
               std::polar(1.0, -kTurn * static_cast<double>(k * i) / static_cast<double>(n));
      EXPECT_NEAR(std::abs(sum - std::complex<double>(y[k])), 0, 1e-4);
    }
    fft.inverse(y);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(std::abs(y[i] / static_cast<float>(n) - x[i]), 0, 1e-5);
  }
}

TEST(envelope, shows_how_often_a_carrier_swells_in_the_carriers_band_only) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  const Signal s(3, [&](double t) {
    return 0.02 * normal(random) + (1 + 0.6 * std::cos(kTurn * 37 * t)) * 0.5 * std::sin(kTurn * 2200 * t);
  });
  EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
  ASSERT_TRUE(analyzer.compute(s.window()));
  const EnvelopeSpectrum octave = analyzer.spectrum(0, 1);  // 1.6 .. 3.2 kHz
  EXPECT_NEAR(static_cast<double>(strongest(octave)) * octave.bin_hz, 37, octave.bin_hz);
  // 0.5 g carrier: mean square 0.125 (1 + 0.6^2 / 2).
  EXPECT_NEAR(octave.level_g2, 0.125 * 1.18, 0.01);
  EXPECT_LT(analyzer.spectrum(0, 2).level_g2, 0.001);
}

TEST(envelope, gaussian_noise_has_a_kurtosis_of_two_and_impulses_more) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  const Signal noise(4, [&](double) { return 0.3 * normal(random); });
  EnvelopeAnalyzer analyzer(kRate, 1, noise.samples.size());
  ASSERT_TRUE(analyzer.compute(noise.window()));
  for (std::size_t b = 0; b < kEnvelopeBands; ++b) EXPECT_NEAR(analyzer.spectrum(0, b).kurtosis, 2, 0.2) << b;
  int n = 0;
  const Signal knocks(4, [&](double) { return (n++ % 640 == 0 ? 8 : 0) + 0.1 * normal(random); });
  ASSERT_TRUE(analyzer.compute(knocks.window()));
  EXPECT_GT(analyzer.spectrum(0, 2).kurtosis, 5);
}

TEST(envelope, never_looks_across_a_blocks_border) {
  // A carrier that jumps in phase at every border: a segment that crossed one would see
  // the jumps as swells, ten a second.
  int n = 0;
  std::mt19937 random(4);
  std::normal_distribution<double> normal;
  const auto jumping = [&](double t) {
    const double phase = n++ / 1280 % 2 == 0 ? 0 : 2.5;
    return 0.001 * normal(random) + 0.5 * std::sin(kTurn * 2200 * t + phase);
  };
  const Signal blocks(2, jumping, 1280);
  n = 0;
  const Signal whole(2, jumping);
  EnvelopeAnalyzer analyzer(kRate, 1, blocks.samples.size());
  ASSERT_TRUE(analyzer.compute(blocks.window()));
  EXPECT_EQ(analyzer.spectrum(0, 1).segments, 20u);
  const auto ripple = [&] {
    const EnvelopeSpectrum s = analyzer.spectrum(0, 1);
    double sum = 0;
    for (std::size_t k = static_cast<std::size_t>(2 * s.cell_bins); k < s.power.size(); ++k)
      sum += static_cast<double>(s.power[k]) * s.bin_hz;
    return sum;
  };
  const double within = ripple();
  ASSERT_TRUE(analyzer.compute(whole.window()));
  EXPECT_GT(ripple(), 20 * within);
}

TEST(envelope, leaves_out_blocks_too_short_and_refuses_windows_it_was_not_made_for) {
  const Signal s(
      1, [](double) { return 0.1; }, 200);
  EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
  EXPECT_FALSE(analyzer.compute(s.window()));
  EXPECT_EQ(analyzer.spectrum(0, 0).segments, 0u);
  const Signal longer(1.1, [](double) { return 0.1; });
  EXPECT_FALSE(analyzer.compute(longer.window()));
  Window two = Signal(1, [](double) { return 0.1; }).window();
  two.axes = 2;
  EXPECT_FALSE(analyzer.compute(two));
}

TEST(indicators, of_a_sine_are_those_of_the_textbook) {
  const Signal s(2, [](double t) { return 0.2 + 1.0 * std::sin(kTurn * 100 * t); });
  EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
  ASSERT_TRUE(analyzer.compute(s.window()));
  IndicatorWorkspace workspace;
  const Indicators all = compute_indicators(s.window(), analyzer, workspace);
  EXPECT_EQ(all.axes, 1u);
  const AxisIndicators& x = all.axis[0];
  EXPECT_NEAR(x.rms_g, std::sqrt(0.5), 1e-3);
  EXPECT_NEAR(x.crest, std::sqrt(2.0), 2e-3);
  EXPECT_NEAR(x.kurtosis, 1.5, 1e-2);
  EXPECT_NEAR(x.velocity_rms_mm_s, 1000 * 9.80665 / (kTurn * 100) * std::sqrt(0.5), 0.15);
}

TEST(indicators, velocity_counts_only_the_iso_band) {
  const auto velocity = [](double hertz, std::size_t block) {
    const Signal s(
        2, [&](double t) { return std::sin(kTurn * hertz * t); }, block);
    EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
    EXPECT_TRUE(analyzer.compute(s.window()));
    return analyzer.velocity_rms_mm_s(0);
  };
  const double full = 1000 * 9.80665 / kTurn * std::sqrt(0.5);  // at 1 Hz
  EXPECT_LT(velocity(3, 0), 0.05 * full / 3);
  EXPECT_NEAR(velocity(500, 0), full / 500, 0.02 * full / 500);
  EXPECT_NEAR(velocity(500, 1280), full / 500, 0.05 * full / 500);  // gathered blocks of 0.1 s
  EXPECT_LT(velocity(1500, 0), 0.05 * full / 1500);
}

TEST(indicators, peaks_come_strongest_first_with_their_frequency) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  const Signal s(4, [&](double t) {
    const double swell = 1 + 0.5 * std::cos(kTurn * 61 * t) + 0.3 * std::cos(kTurn * 143 * t);
    return 0.2 * swell * normal(random);
  });
  EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
  ASSERT_TRUE(analyzer.compute(s.window()));
  IndicatorWorkspace workspace;
  const auto peaks = compute_indicators(s.window(), analyzer, workspace).axis[0].peaks;
  EXPECT_NEAR(peaks[0].hertz, 61, 1);
  EXPECT_NEAR(peaks[1].hertz, 143, 1);
  for (std::size_t i = 1; i < kEnvelopePeaks; ++i) EXPECT_LE(peaks[i].prominence, peaks[i - 1].prominence);
}

TEST(indicators, a_silent_axis_gives_zeros) {
  const Signal s(1, [](double) { return 0.5; });
  EnvelopeAnalyzer analyzer(kRate, 1, s.samples.size());
  ASSERT_TRUE(analyzer.compute(s.window()));
  IndicatorWorkspace workspace;
  const AxisIndicators x = compute_indicators(s.window(), analyzer, workspace).axis[0];
  EXPECT_EQ(x.rms_g, 0);
  EXPECT_EQ(x.kurtosis, 0);
  EXPECT_EQ(x.peaks[0].hertz, 0);
}

}  // namespace
}  // namespace torpor
