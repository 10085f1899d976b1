// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/tokenizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "features/fake/signals.h"
#include "features/subframes.h"

namespace torpor {
namespace {

constexpr std::size_t kSamples = 6400;
constexpr double kRate = 12800;
constexpr double kRpm = 1500;
constexpr float kHz = 25;

std::unique_ptr<FeatureBaseline> healthy(int windows, std::uint32_t seed = 31) {
  TestSignal signal(seed);
  BaselineBuilder builder(true);
  for (int i = 0; i < windows; ++i) {
    const auto raw = features_of(signal.noise(kSamples), kRate, kRpm);
    EXPECT_TRUE(builder.add(raw, kHz, raw.weight));
  }
  return *builder.finish();
}

void expect_bounded(const TokenSet& tokens) {
  for (const auto& band : tokens.band)
    for (float v : band) ASSERT_TRUE(std::fabs(v) <= 5.0f);
  for (float v : tokens.global) ASSERT_TRUE(std::fabs(v) <= 8.0f);
}

TEST(Tokenizer, healthy_windows_have_unit_z_and_a_log_band_distance_near_one) {
  const auto baseline = healthy(60);
  TestSignal signal(32);
  TokenSet tokens;
  double z2 = 0;
  double distance = 0;
  for (int i = 0; i < 20; ++i) {
    const auto raw = features_of(signal.noise(kSamples), kRate, kRpm);
    distance += tokenize(raw, *baseline, kHz, tokens).log_band / 20;
    for (const auto& band : tokens.band)
      for (std::size_t f = 0; f < kBandFeatures; ++f)
        z2 += 4.0 * band[f] * band[f] / (20 * kBands * kBandFeatures);
  }
  EXPECT_NEAR(z2, 1, 0.35);  // combs and orders beyond the Nyquist are 0
  EXPECT_NEAR(distance, 1, 0.25);
}

TEST(Tokenizer, gain_moves_neither_difference_of_shape_nor_the_kurtosis_score) {
  const auto baseline = healthy(40);
  TestSignal signal(33);
  const auto x = signal.impulses(kSamples, 140, 0.3, 4000);
  TokenSet a;
  TokenSet b;
  const auto quiet = tokenize(features_of(x, kRate, kRpm, 0.001f), *baseline, kHz, a);
  const auto loud = tokenize(features_of(x, kRate, kRpm, 0.003f), *baseline, kHz, b);
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kBandFeatures; ++i)
      EXPECT_NEAR(a.band[band][kDifferenceAt + i], b.band[band][kDifferenceAt + i], 1e-4);
  EXPECT_EQ(quiet.kurtosis, loud.kurtosis);
  EXPECT_GT(loud.log_band, quiet.log_band);
  EXPECT_NEAR(b.global[kMedianLevelAt] - a.global[kMedianLevelAt], 2 * std::log(3.0), 1e-4);
}

TEST(Tokenizer, damage_raises_both_classical_scores) {
  const auto baseline = healthy(40);
  TestSignal signal(34);
  TokenSet tokens;
  const auto well = tokenize(features_of(signal.noise(kSamples), kRate, kRpm), *baseline, kHz, tokens);
  const auto ill =
      tokenize(features_of(signal.impulses(kSamples, 140, 0.3, 4000), kRate, kRpm), *baseline, kHz, tokens);
  EXPECT_GT(ill.log_band, 2 * well.log_band);
  EXPECT_GT(ill.kurtosis, 2 * well.kurtosis);
}

TEST(Tokenizer, everything_is_bounded_for_any_input) {
  const auto baseline = healthy(5);
  TokenSet tokens;
  for (float value : {0.0f, 1e6f, -1e6f, 87.0f})
    for (float hz : {0.0f, -1.0f, 1e-20f, 1e20f, 25.0f, INFINITY, NAN}) {
      RawFeatures raw;
      for (auto& band : raw.band) band.fill(value);
      raw.global.fill(-value);
      const auto scores = tokenize(raw, *baseline, hz, tokens);
      expect_bounded(tokens);
      EXPECT_LE(scores.log_band, 10.0f);
      EXPECT_LE(scores.kurtosis, 8.0f);
    }
}

TEST(Tokenizer, globals_carry_what_the_recipe_lists) {
  const auto baseline = healthy(40);
  TestSignal signal(35);
  TokenSet tokens;
  tokenize(features_of(signal.noise(kSamples), kRate, kRpm), *baseline, kHz * 1.5f, tokens);
  EXPECT_NEAR(tokens.global[kSpeedOffsetAt], std::log(1.5), 1e-4);
  EXPECT_NEAR(tokens.global[kSpeedDistanceAt], std::log(1.5), 0.06);
  EXPECT_NEAR(tokens.global[kSpeedSpreadAt], 0, 1e-3);
  EXPECT_NEAR(tokens.global[kLeverageAt], (1 + std::log(1.5) * std::log(1.5) / 0.01) / 40, 1e-3);
  EXPECT_NEAR(tokens.global[kLogNAt], std::log(40.0), 1e-5);
  double square = 0;
  for (const auto& band : tokens.band)
    for (std::size_t i = 0; i < kLevelsPerBand; ++i)
      square += 4.0 * band[kWhitenedAt + i] * band[kWhitenedAt + i];
  EXPECT_NEAR(tokens.global[kLogDistanceAt], std::log1p(square / kLevels), 1e-4);
}

TEST(Tokenizer, a_speed_away_from_the_calibrated_ones_is_new) {
  const auto baseline = healthy(10);
  EXPECT_TRUE(is_calibrated_speed(*baseline, kHz));
  EXPECT_TRUE(is_calibrated_speed(*baseline, kHz * 1.03f));
  EXPECT_FALSE(is_calibrated_speed(*baseline, kHz * 1.2f));
  EXPECT_FALSE(is_calibrated_speed(*baseline, 0));
  BaselineBuilder builder(false);
  TestSignal signal(36);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(builder.add(features_of(signal.noise(kSamples), kRate, 0), 0, 1));
  EXPECT_TRUE(is_calibrated_speed(**builder.finish(), 0));
}

// The path of a running detector, window after window with one extractor and one
// cutter, equals fresh objects for each window.
TEST(Tokenizer, streaming_over_windows_equals_one_window_at_a_time) {
  const auto baseline = healthy(10);
  TestSignal signal(37);
  auto streaming = *FeatureExtractor::prepare(12'800'000, kSamples, FeatureExtractor::Speed::known);
  SubFrameCutter cutter(kSamples, 5 * kSamples);
  for (int w = 0; w < 3; ++w) {
    const auto x = signal.noise(2 * 3 * kSamples);
    const std::vector<std::uint32_t> starts{0, 9000};
    Window window;
    window.axes = 2;
    window.samples = x;
    window.block_starts = starts;
    for (std::size_t axis = 0; axis < 2; ++axis)
      for (const SubFrame& s : cutter.cut(window, axis)) {
        RawFeatures a;
        RawFeatures b;
        ASSERT_TRUE(streaming.extract(s.pieces, 0.001f, kHz, a));
        auto fresh = *FeatureExtractor::prepare(12'800'000, kSamples, FeatureExtractor::Speed::known);
        ASSERT_TRUE(fresh.extract(s.pieces, 0.001f, kHz, b));
        TokenSet ta;
        TokenSet tb;
        tokenize(a, *baseline, kHz, ta);
        tokenize(b, *baseline, kHz, tb);
        EXPECT_EQ(ta.band, tb.band);
        EXPECT_EQ(ta.global, tb.global);
      }
  }
}

// As det's golden tests: a difference on another host or compiler is a bug, and a change meant
// to alter tokens raises kFeatureVersion with this constant.
TEST(TokenizerGolden, tokens_have_the_same_bits_everywhere) {
  const auto baseline = healthy(12, 41);
  TestSignal signal(42);
  std::uint32_t crc = 0;
  for (double period : {90.0, 141.5, 300.0}) {
    TokenSet tokens;
    const auto raw = features_of(signal.impulses(kSamples, period, 0.2, 2500), kRate, kRpm * 1.1);
    const auto scores = tokenize(raw, *baseline, kHz * 1.1f, tokens);
    std::vector<float> all;
    for (const auto& band : tokens.band) all.insert(all.end(), band.begin(), band.end());
    all.insert(all.end(), tokens.global.begin(), tokens.global.end());
    all.insert(all.end(), {scores.log_band, scores.kurtosis});
    for (float& v : all) v += 0.0f;  // -0 is 0
    crc = crc32c(std::as_bytes(std::span(all)), crc);
  }
  EXPECT_EQ(crc, 0x2d366a90u);
}

}  // namespace
}  // namespace torpor
