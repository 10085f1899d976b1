// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/raw.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "features/fake/signals.h"

namespace torpor {
namespace {

bool all_finite(const RawFeatures& raw) {
  for (const auto& band : raw.band)
    for (float v : band)
      if (!std::isfinite(v)) return false;
  for (float v : raw.global)
    if (!std::isfinite(v)) return false;
  return std::isfinite(raw.weight);
}

// --- no bias from length or speed ------------------------------------------------

struct Case {
  std::size_t samples;
  double rpm;
};
std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.samples << "_samples_" << static_cast<int>(one.rpm) << "_rpm";
}
class WhiteNoise : public testing::TestWithParam<Case> {};

// Means over 29 inner bands and 160 windows; one window's standard deviation is .03 to
// 1.1, so the sampling error stays below .02.
TEST_P(WhiteNoise, gives_zero_on_average_for_every_gain_free_feature) {
  constexpr int kRuns = 160;
  const auto [samples, rpm] = GetParam();
  TestSignal signal(7);
  std::array<double, kBandFeatures> inner{};
  std::array<double, kBandFeatures> outer{};
  std::array<double, kGlobalFeatures> global{};
  for (int run = 0; run < kRuns; ++run) {
    const auto raw = features_of(signal.noise(samples), 2.0 * static_cast<double>(samples), rpm);
    for (std::size_t b = 0; b < kBands; ++b)
      for (std::size_t i = 0; i < kBandFeatures; ++i)
        (b >= 1 && b <= 29 ? inner[i] : outer[i]) +=
            raw.band[b][i] / (kRuns * (b >= 1 && b <= 29 ? 29.0 : 3.0));
    for (std::size_t i = 0; i < kGlobalFeatures; ++i) global[i] += raw.global[i] / kRuns;
  }
  for (std::size_t i = kKurtosisAt; i < kPowerAt; ++i) EXPECT_NEAR(inner[i], 0, 0.01) << "kurtosis " << i;
  for (std::size_t i = kPowerAt; i < kOrderAt; ++i) EXPECT_NEAR(inner[i], 0, 0.02) << "power " << i;
  for (std::size_t i = kOrderAt; i < kCombAt; ++i) EXPECT_NEAR(inner[i], 0, 0.06) << "order " << i - kOrderAt;
  for (std::size_t i = kCombAt; i < kBandFeatures; ++i)
    EXPECT_NEAR(inner[i], 0, 0.08) << "comb " << i - kCombAt;
  for (std::size_t i = kKurtosisAt; i < kBandFeatures; ++i)
    EXPECT_NEAR(outer[i], 0, 0.25) << "edge bands, feature " << i;
  EXPECT_NEAR(global[1], 0, 0.01) << "kurtosis";
  EXPECT_NEAR(global[2], 0, 0.03) << "crest";
}

INSTANTIATE_TEST_SUITE_P(Lengths, WhiteNoise,
                         testing::Values(Case{800, 0}, Case{800, 600}, Case{2560, 1800}, Case{3200, 0},
                                         Case{6400, 600}, Case{6400, 1500}, Case{12800, 0}, Case{12800, 1200},
                                         Case{12800, 1500}, Case{25600, 1800}),
                         testing::PrintToStringParamName());

TEST(RawFeatures, levels_are_the_logarithm_of_the_variance_for_white_noise) {
  TestSignal signal(3);
  double level = 0;
  double rms = 0;
  for (int run = 0; run < 40; ++run) {
    const auto raw = features_of(signal.noise(12800), 25600, 1500, 0.01f);
    rms += raw.global[0] / 40;
    for (const auto& band : raw.band) level += (band[0] + band[1]) / (2 * kBands * 40);
  }
  EXPECT_NEAR(level, 2 * rms, 0.01);
  EXPECT_NEAR(rms, std::log(TestSignal::kNoiseRms * 0.01), 0.01);
}

// --- sensitivity -----------------------------------------------------------------

TEST(RawFeatures, a_modulation_appears_in_its_own_order_at_any_speed) {
  for (double rpm : {900.0, 1500.0, 2700.0}) {
    const double rate = 25600;
    const double order = 5.1;
    TestSignal signal(11);
    const auto raw = features_of(signal.modulated(12800, rate / (order * rpm / 60), 0.5), rate, rpm);
    // .4 * 2^(i / 4) <= 5.1: i = 14 (4.53 to 5.38).
    for (std::size_t b = 2; b < 30; ++b) {
      const auto& f = raw.band[b];
      EXPECT_GT(f[kOrderAt + 14], 1.0f) << rpm << " band " << b;
      EXPECT_LT(std::fabs(f[kOrderAt + 18]), 1.5f) << rpm << " band " << b;
    }
  }
}

TEST(RawFeatures, an_impulse_train_raises_the_comb_of_its_rate_and_the_fine_kurtosis_of_its_band) {
  const double rate = 25600;
  const double rpm = 1500;  // 25 Hz
  TestSignal signal(5);
  const auto healthy = features_of(signal.noise(12800), rate, rpm);
  const auto damaged = features_of(signal.impulses(12800, rate / (3.58 * rpm / 60), 0.25, 6000), rate, rpm);
  // Carrier .25 of the rate = bin 16 of 64. Comb cell: .4 * 2^(5 i / 12): i = 7 holds 3.02 to 4.03.
  const auto& f = damaged.band[15];
  EXPECT_GT(f[kCombAt + 7], healthy.band[15][kCombAt + 7] + 1.0f);
  EXPECT_GT(f[kMeanSquareAt], healthy.band[15][kMeanSquareAt] + 0.2f);
  EXPECT_GT(f[kPowerAt + 4], healthy.band[15][kPowerAt + 4] + 0.3f);
  EXPECT_LT(std::fabs(damaged.band[2][kCombAt + 7]), 1.0f);
}

// --- invariances -----------------------------------------------------------------

TEST(RawFeatures, scale_moves_levels_and_rms_only) {
  TestSignal signal(2);
  const auto x = signal.impulses(12800, 300, 0.2, 3000);
  const auto a = features_of(x, 25600, 1500, 0.001f);
  const auto b = features_of(x, 25600, 1500, 0.001f * 7);
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kBandFeatures; ++i) {
      if (i < kKurtosisAt)
        EXPECT_NEAR(b.band[band][i] - a.band[band][i], 2 * std::log(7.0), 1e-4);
      else
        ASSERT_EQ(a.band[band][i], b.band[band][i]) << band << "," << i;
    }
  EXPECT_NEAR(b.global[0] - a.global[0], std::log(7.0), 1e-5);
  EXPECT_EQ(a.global[1], b.global[1]);
}

TEST(RawFeatures, an_offset_changes_nothing) {
  TestSignal signal(4);
  auto x = signal.noise(6400);
  const auto a = features_of(x, 12800, 0);
  for (auto& v : x) v = static_cast<std::int16_t>(v + 9000);
  const auto b = features_of(x, 12800, 0);
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kBandFeatures; ++i) EXPECT_NEAR(a.band[band][i], b.band[band][i], 2e-3);
}

TEST(RawFeatures, float_samples_give_what_integers_give) {
  TestSignal signal(6);
  const auto x = signal.noise(6400);
  const std::vector<float> y(x.begin(), x.end());
  auto extractor = *FeatureExtractor::prepare(12'800'000, 6400, FeatureExtractor::Speed::known);
  const Piece piece{x.data(), x.size(), 1};
  const FloatPiece float_piece{y.data(), y.size(), 1};
  RawFeatures a;
  RawFeatures b;
  ASSERT_TRUE(extractor.extract(std::span(&piece, 1), 0.5f, 20, a));
  ASSERT_TRUE(extractor.extract(std::span(&float_piece, 1), 0.5f, 20, b));
  EXPECT_EQ(a.band, b.band);
  EXPECT_EQ(a.global, b.global);
}

TEST(RawFeatures, an_axis_of_an_interleaved_buffer_equals_the_axis_alone) {
  TestSignal signal(8);
  const auto x = signal.noise(6400);
  std::vector<std::int16_t> mixed(3 * x.size(), 77);
  for (std::size_t i = 0; i < x.size(); ++i) mixed[3 * i + 1] = x[i];
  auto extractor = *FeatureExtractor::prepare(12'800'000, 6400, FeatureExtractor::Speed::unknown);
  const Piece piece{&mixed[1], x.size(), 3};
  RawFeatures out;
  ASSERT_TRUE(extractor.extract(std::span(&piece, 1), 0.001f, 0, out));
  EXPECT_EQ(out.band, features_of(x, 12800, 0).band);
}

TEST(RawFeatures, do_not_depend_on_what_the_extractor_measured_before) {
  TestSignal signal(9);
  const auto x = signal.noise(12800);
  auto extractor = *FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::known);
  RawFeatures first;
  RawFeatures other;
  RawFeatures again;
  const Piece whole{x.data(), x.size(), 1};
  ASSERT_TRUE(extractor.extract(std::span(&whole, 1), 1, 25, first));
  for (std::size_t n : {400u, 2560u, 5000u, 7001u, 12799u}) {  // more lengths than plans are kept
    const Piece shorter{x.data(), n, 1};
    ASSERT_TRUE(extractor.extract(std::span(&shorter, 1), 1, 11, other));
  }
  ASSERT_TRUE(extractor.extract(std::span(&whole, 1), 1, 25, again));
  EXPECT_EQ(first.band, again.band);
  EXPECT_EQ(first.global, again.global);
}

// --- pieces ----------------------------------------------------------------------

TEST(RawFeatures, pieces_are_measured_apart_and_averaged_by_length) {
  TestSignal signal(10);
  const auto x = signal.noise(9000);
  auto extractor = *FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::known);
  const Piece pieces[2] = {{x.data(), 3000, 1}, {&x[3000], 6000, 1}};
  RawFeatures a;
  RawFeatures b;
  RawFeatures both;
  ASSERT_TRUE(extractor.extract(std::span(&pieces[0], 1), 1, 25, a));
  ASSERT_TRUE(extractor.extract(std::span(&pieces[1], 1), 1, 25, b));
  ASSERT_TRUE(extractor.extract(pieces, 1, 25, both));
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kBandFeatures; ++i)
      EXPECT_NEAR(both.band[band][i], (a.band[band][i] + 2 * b.band[band][i]) / 3, 1e-5);
  EXPECT_NEAR(both.weight, 9000.0 / 12800, 1e-6);
}

TEST(RawFeatures, a_step_at_a_block_border_is_not_seen) {
  TestSignal signal(12);
  auto x = signal.noise(5120);
  const auto before = x;
  for (std::size_t i = 2560; i < x.size(); ++i) x[i] = static_cast<std::int16_t>(x[i] + 20000);
  auto extractor = *FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::unknown);
  const Piece stepped[2] = {{x.data(), 2560, 1}, {&x[2560], 2560, 1}};
  const Piece plain[2] = {{before.data(), 2560, 1}, {&before[2560], 2560, 1}};
  RawFeatures a;
  RawFeatures b;
  ASSERT_TRUE(extractor.extract(stepped, 1, 0, a));
  ASSERT_TRUE(extractor.extract(plain, 1, 0, b));
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kBandFeatures; ++i) EXPECT_NEAR(a.band[band][i], b.band[band][i], 5e-3);
}

TEST(RawFeatures, too_short_a_piece_is_left_out) {
  TestSignal signal(13);
  const auto x = signal.noise(1000);
  auto extractor = *FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::unknown);
  const Piece shorts[3] = {{x.data(), 319, 1}, {x.data(), 0, 1}, {x.data(), 100, 1}};
  RawFeatures out;
  EXPECT_FALSE(extractor.extract(shorts, 1, 0, out));
  EXPECT_EQ(out.weight, 0);
  EXPECT_FALSE(extractor.extract(std::span<const Piece>{}, 1, 0, out));
  const Piece enough{x.data(), 320, 1};
  EXPECT_TRUE(extractor.extract(std::span(&enough, 1), 1, 0, out));
}

TEST(RawFeatures, refuses_lengths_it_cannot_measure) {
  const auto shorter = FeatureExtractor::prepare(600'000, 300, FeatureExtractor::Speed::unknown);
  ASSERT_FALSE(shorter.ok());
  EXPECT_EQ(shorter.error().reason, Reason::features_too_short);
  const auto longer = FeatureExtractor::prepare(200'000'000, 100'000, FeatureExtractor::Speed::unknown);
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().reason, Reason::features_too_long);
}

TEST(RawFeatures, orders_beyond_the_modulation_nyquist_are_exactly_zero) {
  TestSignal signal(14);
  const auto raw = features_of(signal.noise(800), 1600, 3000);  // Nyquist 50 Hz, shaft 50 Hz: order 1
  for (const auto& band : raw.band)
    for (std::size_t i = 6; i < kOrders; ++i) EXPECT_EQ(band[kOrderAt + i], 0.0f);
}

TEST(RawFeatures, orders_are_zero_while_the_shaft_speed_is_not_known) {
  TestSignal signal(15);
  const auto x = signal.noise(6400);
  auto extractor = *FeatureExtractor::prepare(12'800'000, 6400, FeatureExtractor::Speed::known);
  const Piece piece{x.data(), x.size(), 1};
  RawFeatures out;
  ASSERT_TRUE(extractor.extract(std::span(&piece, 1), 1, 0, out));
  for (const auto& band : out.band)
    for (std::size_t i = kOrderAt; i < kBandFeatures; ++i) EXPECT_EQ(band[i], 0.0f);
}

// --- anything may come from a sensor ----------------------------------------------

TEST(RawFeatures, are_finite_for_every_degenerate_signal) {
  constexpr std::size_t kN = 6400;
  std::vector<std::vector<float>> signals;
  signals.emplace_back(kN, 0.0f);
  signals.emplace_back(kN, -3.25f);
  signals.emplace_back(kN, std::numeric_limits<float>::quiet_NaN());
  signals.emplace_back(kN, std::numeric_limits<float>::infinity());
  signals.emplace_back(kN, std::numeric_limits<float>::denorm_min());
  auto spike = std::vector<float>(kN, 0.0f);
  spike[3000] = 32767;
  signals.push_back(spike);
  spike[3000] = std::numeric_limits<float>::max();
  signals.push_back(spike);
  auto square = std::vector<float>(kN);
  for (std::size_t i = 0; i < kN; ++i) square[i] = (i / 50) % 2 != 0 ? 32767.0f : -32768.0f;
  signals.push_back(square);
  auto nyquist = std::vector<float>(kN);
  for (std::size_t i = 0; i < kN; ++i) nyquist[i] = i % 2 != 0 ? 1.0f : -1.0f;
  signals.push_back(nyquist);
  auto ramp = std::vector<float>(kN);
  for (std::size_t i = 0; i < kN; ++i) ramp[i] = 1e30f * static_cast<float>(i);
  signals.push_back(ramp);
  auto half = std::vector<float>(kN, 0.0f);
  TestSignal signal(16);
  const auto noise = signal.noise(kN);
  for (std::size_t i = 0; i < kN / 2; ++i) half[i] = noise[i];
  signals.push_back(half);
  for (auto speed : {FeatureExtractor::Speed::known, FeatureExtractor::Speed::unknown}) {
    auto extractor = *FeatureExtractor::prepare(12'800'000, kN, speed);
    for (std::size_t s = 0; s < signals.size(); ++s)
      for (float shaft_hz : {0.0f, 1e-30f, 0.5f, 25.0f, 1e9f, std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN(), -3.0f})
        for (float scale : {1.0f, 0.0f, -1.0f, std::numeric_limits<float>::infinity(), 1e-30f, 1e30f}) {
          const FloatPiece piece{signals[s].data(), kN, 1};
          RawFeatures out;
          ASSERT_TRUE(extractor.extract(std::span(&piece, 1), scale, shaft_hz, out));
          ASSERT_TRUE(all_finite(out)) << "signal " << s << " speed " << shaft_hz << " scale " << scale;
        }
  }
}

TEST(RawFeatures, silence_has_no_shape) {
  const auto raw = features_of(std::vector<std::int16_t>(6400, 123), 12800, 0);
  for (const auto& band : raw.band)
    for (std::size_t i = kKurtosisAt; i < kBandFeatures; ++i) EXPECT_EQ(band[i], 0.0f);
}

}  // namespace
}  // namespace torpor
