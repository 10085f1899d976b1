// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/baseline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "features/fake/signals.h"
#include "features/symmetric.h"

namespace torpor {
namespace {

// A deterministic standard normal-ish number.
double wobble(std::uint32_t& state) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += ((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24;
  return sum - 6;
}

RawFeatures constant(float value) {
  RawFeatures raw;
  for (auto& band : raw.band) band.fill(value);
  raw.global.fill(value);
  raw.weight = 1;
  return raw;
}

TEST(Baseline, refuses_to_finish_on_fewer_than_two_independent_windows) {
  BaselineBuilder builder(false);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(builder.add(constant(1), 0, 0.1f));
  const auto result = builder.finish();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, Reason::baseline_too_small);
}

TEST(Baseline, finds_mean_and_slope_on_the_logarithm_of_speed) {
  BaselineBuilder builder(true);
  std::uint32_t state = 1;
  for (int i = 0; i < 400; ++i) {
    const float hz = 10.0f * std::exp(0.5f * static_cast<float>(i % 5));
    EXPECT_TRUE(
        builder.add(constant(static_cast<float>(3 + 2 * std::log(hz / 10) + 0.01 * wobble(state))), hz, 1));
  }
  const auto baseline = *builder.finish();
  const double spread = 0.5 * 0.5 * 2;  // variance of {0, .5, 1, 1.5, 2}
  EXPECT_NEAR(baseline->mean_log_speed, std::log(10) + 1, 1e-4);
  EXPECT_NEAR(baseline->log_speed_variance, spread, 1e-4);
  EXPECT_NEAR(baseline->slope[7], 2 * spread / (spread + 0.01), 0.01);
  EXPECT_NEAR(baseline->mean[7], 5, 0.01);
}

TEST(Baseline, one_speed_gives_no_slope) {
  BaselineBuilder builder(true);
  std::uint32_t state = 2;
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(builder.add(constant(static_cast<float>(wobble(state))),
                            25.0f * (1 + 1e-4f * static_cast<float>(i % 3)), 1));
  const auto baseline = *builder.finish();
  EXPECT_NEAR(baseline->slope[0], 0, 0.01);
}

TEST(Baseline, spread_is_pooled_over_bands_while_windows_are_few) {
  BaselineBuilder builder(false);
  std::uint32_t state = 3;
  constexpr int kWindows = 10;
  for (int i = 0; i < kWindows; ++i) {
    RawFeatures raw = constant(0);
    raw.band[0][12] = 1;
    for (std::size_t b = 1; b < kBands; ++b) raw.band[b][12] = static_cast<float>(wobble(state));
    EXPECT_TRUE(builder.add(raw, 0, 1));
  }
  const auto baseline = *builder.finish();
  // Band 0 did not vary at all: (0 + 10 pool (1 + 4/10)) / 20, pool about .9 * 31/32.
  EXPECT_NEAR(1 / baseline->inv_spread[12], std::sqrt(0.7 * 0.9 * 31 / 32), 0.06);
  // Never measured anywhere: says nothing.
  EXPECT_EQ(baseline->inv_spread[13], 0.0f);
}

TEST(Baseline, overlapping_windows_count_as_the_independent_ones_they_are) {
  BaselineBuilder five(false);
  BaselineBuilder forty(false);
  std::uint32_t state = 4;
  for (int i = 0; i < 5; ++i) {
    const auto raw = constant(static_cast<float>(wobble(state)));
    EXPECT_TRUE(five.add(raw, 0, 1));
    for (int j = 0; j < 8; ++j) EXPECT_TRUE(forty.add(raw, 0, 0.125f));
  }
  EXPECT_DOUBLE_EQ(forty.n_eff(), 5.0);
  const auto a = *five.finish();
  const auto b = *forty.finish();
  EXPECT_EQ(a->n_eff, b->n_eff);
  for (std::size_t i = 0; i < kAllFeatures; ++i) ASSERT_NEAR(a->inv_spread[i], b->inv_spread[i], 1e-4);
}

TEST(Baseline, whitens_correlated_levels) {
  BaselineBuilder builder(false);
  std::uint32_t state = 5;
  const auto draw = [&state] {
    RawFeatures raw = constant(0);
    const double common = wobble(state);
    for (auto& band : raw.band)
      for (std::size_t i = 0; i < kLevelsPerBand; ++i)
        band[i] = static_cast<float>(0.1 * (common + 0.5 * wobble(state)));
    return raw;
  };
  for (int i = 0; i < 3000; ++i) EXPECT_TRUE(builder.add(draw(), 0, 1));
  const auto baseline = *builder.finish();
  EXPECT_LT(baseline->shrinkage, 0.05f);
  // New healthy windows: whitened levels have variance near 1 and hardly correlate.
  double square = 0;
  double product = 0;
  constexpr int kNew = 400;
  for (int w = 0; w < kNew; ++w) {
    const auto raw = draw();
    double first[2] = {};
    for (std::size_t row = 0; row < 2; ++row)
      for (std::size_t i = 0; i < kLevels; ++i) {
        const std::size_t f = i / 2 * kBandFeatures + i % 2;
        first[row] += baseline->whiten[(40 * row + 3) * kLevels + i] *
                      (raw.band[i / 2][i % 2] - baseline->mean[f]) * baseline->inv_spread[f];
      }
    square += first[0] * first[0] / kNew;
    product += first[0] * first[1] / kNew;
  }
  EXPECT_NEAR(square, 1, 0.3);
  EXPECT_NEAR(product, 0, 0.2);
}

TEST(Baseline, shrinks_at_least_as_32_over_32_plus_n) {
  TestSignal signal(1);
  BaselineBuilder builder(false);
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(builder.add(features_of(signal.noise(3200), 6400, 0), 0, 1));
  const auto baseline = *builder.finish();
  EXPECT_GE(baseline->shrinkage, 32.0f / 48);
  EXPECT_LE(baseline->shrinkage, 1.0f);
}

TEST(Baseline, remembers_the_speeds_it_was_calibrated_at) {
  BaselineBuilder builder(true);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(builder.add(constant(1), i % 2 != 0 ? 10.0f : 20.0f, 1));
  const auto baseline = *builder.finish();
  EXPECT_EQ(baseline->speeds.distance(std::log(10.0f)), 0.0f);
  EXPECT_EQ(baseline->speeds.distance(std::log(20.0f)), 0.0f);
  EXPECT_NEAR(baseline->speeds.distance(std::log(14.14f)), 0.3466, 0.05);
  EXPECT_NEAR(baseline->speeds.distance(std::log(40.0f)), 0.693, 0.05);
  EXPECT_GT(SpeedHistogram().distance(3), 10.0f);
}

TEST(Baseline, ignores_a_window_whose_speed_is_not_known_when_it_needs_one) {
  BaselineBuilder builder(true);
  EXPECT_FALSE(builder.add(constant(1), 0, 1));
  EXPECT_FALSE(builder.add(constant(1), NAN, 1));
  EXPECT_FALSE(builder.add(constant(1), 25, 0));
  EXPECT_EQ(builder.n_eff(), 0);
  EXPECT_TRUE(BaselineBuilder(false).add(constant(1), 0, 1));
}

TEST(Baseline, leverage_grows_away_from_the_speeds_seen_and_falls_with_windows) {
  BaselineBuilder builder(true);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(builder.add(constant(1), i % 2 != 0 ? 20.0f : 22.0f, 1));
  const auto baseline = *builder.finish();
  EXPECT_NEAR(baseline->leverage(std::log(21.0f)), 0.02, 0.001);
  EXPECT_GT(baseline->leverage(std::log(30.0f)), 0.1);
  EXPECT_EQ(baseline->leverage(100.0f), baseline->leverage(baseline->mean_log_speed + 1));
}

// --- persistence ------------------------------------------------------------------

BaselineBuilder learned() {
  TestSignal signal(21);
  BaselineBuilder builder(true);
  for (int i = 0; i < 6; ++i) {
    const auto raw = features_of(signal.noise(3200), 6400, 1500);
    EXPECT_TRUE(builder.add(raw, 25.0f + static_cast<float>(i), raw.weight));
  }
  return builder;
}

TEST(Baseline, learning_goes_on_after_a_restart_as_if_there_had_been_none) {
  BaselineBuilder builder = learned();
  std::vector<std::byte> bytes(BaselineBuilder::kEncodedSize);
  builder.encode(bytes);
  auto restored = *BaselineBuilder::decode(bytes);
  TestSignal signal(22);
  const auto raw = features_of(signal.noise(3200), 6400, 1500);
  EXPECT_TRUE(builder.add(raw, 27, 1));
  EXPECT_TRUE(restored.add(raw, 27, 1));
  std::vector<std::byte> a(BaselineBuilder::kEncodedSize);
  std::vector<std::byte> b(BaselineBuilder::kEncodedSize);
  builder.encode(a);
  restored.encode(b);
  EXPECT_EQ(a, b);
}

TEST(Baseline, a_finished_one_survives_encoding_bit_for_bit) {
  const auto baseline = *learned().finish();
  std::vector<std::byte> a(FeatureBaseline::kEncodedSize);
  std::vector<std::byte> b(FeatureBaseline::kEncodedSize);
  baseline->encode(a);
  const auto restored = FeatureBaseline::decode(a);
  ASSERT_TRUE(restored.ok());
  (*restored)->encode(b);
  EXPECT_EQ(a, b);
  EXPECT_EQ(baseline->whiten, (*restored)->whiten);
}

TEST(Baseline, refuses_damage_anywhere) {
  std::vector<std::byte> bytes(FeatureBaseline::kEncodedSize);
  (*learned().finish())->encode(bytes);
  for (std::size_t at = 0; at < bytes.size(); at += 97) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x10};
    const auto result = FeatureBaseline::decode(damaged);
    ASSERT_FALSE(result.ok()) << at;
    EXPECT_EQ(result.error().reason, Reason::baseline_malformed);
  }
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, bytes.size() - 1}) {
    const auto result = FeatureBaseline::decode(Bytes(bytes).first(size));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().reason, Reason::baseline_malformed);
  }
}

// Damage with a right checksum: another version, numbers that are none.
void patch(std::vector<std::byte>& bytes, std::size_t at, std::uint32_t value) {
  store_le(&bytes[at], value);
  store_le(&bytes[bytes.size() - 4], crc32c(Bytes(bytes).first(bytes.size() - 4)));
}

TEST(Baseline, refuses_another_feature_version) {
  std::vector<std::byte> bytes(FeatureBaseline::kEncodedSize);
  (*learned().finish())->encode(bytes);
  patch(bytes, 4, kFeatureVersion + 1);
  EXPECT_EQ(FeatureBaseline::decode(bytes).error().reason, Reason::baseline_feature_version);
}

TEST(Baseline, refuses_numbers_that_are_not_finite) {
  std::vector<std::byte> bytes(FeatureBaseline::kEncodedSize);
  (*learned().finish())->encode(bytes);
  patch(bytes, 16 + 4 * 1000, 0x7fc00000);
  EXPECT_EQ(FeatureBaseline::decode(bytes).error().reason, Reason::baseline_malformed);
  std::vector<std::byte> sums(BaselineBuilder::kEncodedSize);
  learned().encode(sums);
  patch(sums, 16 + 8 * 1000 + 4, 0x7ff00000);
  EXPECT_EQ(BaselineBuilder::decode(sums).error().reason, Reason::baseline_malformed);
}

TEST(Baseline, a_builder_is_not_a_baseline) {
  std::vector<std::byte> bytes(FeatureBaseline::kEncodedSize);
  (*learned().finish())->encode(bytes);
  EXPECT_FALSE(BaselineBuilder::decode(bytes).ok());
}

// --- the eigenproblem ---------------------------------------------------------------

TEST(Symmetric, inverse_root_squared_times_the_matrix_is_one) {
  constexpr std::size_t kN = 64;
  std::uint32_t state = 9;
  std::vector<double> factors(kN * kN);
  for (double& v : factors) v = wobble(state);
  std::vector<double> a(kN * kN);
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) {
      for (std::size_t k = 0; k < kN; ++k) a[i * kN + j] += factors[i * kN + k] * factors[j * kN + k] / kN;
      if (i == j) a[i * kN + j] += 0.05;
    }
  auto scratch = a;
  const auto r = inverse_root(scratch, kN, 1e-12);
  const auto times = [](const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<double> z(kN * kN);
    for (std::size_t i = 0; i < kN; ++i)
      for (std::size_t k = 0; k < kN; ++k)
        for (std::size_t j = 0; j < kN; ++j) z[i * kN + j] += x[i * kN + k] * y[k * kN + j];
    return z;
  };
  const auto one = times(times(r, r), a);
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) ASSERT_NEAR(one[i * kN + j], i == j ? 1 : 0, 1e-9);
}

}  // namespace
}  // namespace torpor
