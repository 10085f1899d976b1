// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window_checks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace torpor {
namespace {

// One axis, 16 g, noise floor 5 mg: about 10 LSB at the scale below.
constexpr std::int64_t kScalePg = 488'281'250;  // 16 g / 32768
SensorTerms sensor(std::uint32_t axes = 1, std::uint32_t floor_ug = 5000,
                   std::uint32_t full_scale_mg = 16'000) {
  SensorTerms terms{};
  terms.rate_mhz = 3'200'000;
  terms.axes = axes;
  terms.full_scale_mg = full_scale_mg;
  terms.noise_floor_ug = floor_ug;
  return terms;
}

std::vector<std::int16_t> noise(double sigma, std::size_t count, double mean = 0) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(mean, sigma);
  std::vector<std::int16_t> out(count);
  for (auto& x : out) x = static_cast<std::int16_t>(std::lround(normal(random)));
  return out;
}

TEST(RmsQ8, agrees_with_floating_point_and_ignores_the_mean) {
  for (const double sigma : {0.8, 3.0, 70.0, 5000.0}) {
    for (const double mean : {0.0, -2047.0, 16'000.3}) {
      const auto samples = noise(sigma, 16'000, mean);
      double sum = 0, squares = 0;
      for (double x : samples) sum += x;
      for (double x : samples) squares += (x - sum / 16'000) * (x - sum / 16'000);
      const double want = std::sqrt(squares / 16'000);
      EXPECT_NEAR(rms_q8(samples, 0, 1) / 256.0, want, 0.01 + want / 500) << sigma << " around " << mean;
    }
  }
}

TEST(RmsQ8, does_not_overflow_on_the_loudest_samples_there_can_be) {
  std::vector<std::int16_t> samples(3'000'000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? INT16_MAX : INT16_MIN;
  EXPECT_NEAR(rms_q8(samples, 0, 1) / 256.0, 32767.5, 0.1);
}

TEST(CheckSamples, finds_ordinary_vibration_good) {
  EXPECT_EQ(check_samples(noise(100, 16'000), kScalePg, sensor()), WindowQuality::good);
}

TEST(CheckSamples, calls_a_constant_axis_stuck_even_without_a_noise_floor) {
  std::vector<std::int16_t> samples(3000, 17);
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(1, 0)), WindowQuality::stuck);
}

TEST(CheckSamples, judges_stuck_against_the_declared_noise_floor) {
  EXPECT_EQ(check_samples(noise(9.5, 16'000, 2048), kScalePg, sensor()), WindowQuality::stuck);
  EXPECT_EQ(check_samples(noise(11, 16'000, 2048), kScalePg, sensor()), WindowQuality::good);
}

TEST(CheckSamples, one_stuck_axis_of_three_is_enough) {
  auto samples = noise(100, 9000);
  for (std::size_t i = 2; i < samples.size(); i += 3) samples[i] = -4;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(3)), WindowQuality::stuck);
}

TEST(CheckSamples, one_invalid_sample_is_not_a_number) {
  auto samples = noise(100, 9000);
  samples[4711] = INT16_MIN;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(3)), WindowQuality::not_a_number);
}

TEST(CheckSamples, saturated_needs_more_than_one_sample_in_a_thousand) {
  auto samples = noise(100, 16'000);
  for (std::size_t i = 0; i < 16; ++i) samples[i * 37] = 32'700;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor()), WindowQuality::good);
  samples[9999] = -32'700;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor()), WindowQuality::saturated);
}

TEST(CheckSamples, saturation_is_judged_by_the_contracts_full_scale_below_the_rail) {
  auto samples = noise(100, 16'000);
  for (std::size_t i = 0; i < 100; ++i) samples[i * 37] = 4060;  // 1.98 g
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(1, 5000, 16'000)), WindowQuality::good);
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(1, 5000, 2000)), WindowQuality::saturated);
}

TEST(CheckSamples, the_int16_rail_saturates_whatever_the_contract_says) {
  auto samples = noise(100, 16'000);
  for (std::size_t i = 0; i < 100; ++i) samples[i * 37] = INT16_MAX;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(1, 5000, 64'000)), WindowQuality::saturated);
}

TEST(CheckSamples, severe_damage_does_not_hide_behind_a_sensor_fault) {
  auto samples = noise(100, 9000);
  for (std::size_t i = 0; i < 900; i += 3) samples[i] = i % 2 == 0 ? 32'767 : -32'767;
  for (std::size_t i = 2; i < samples.size(); i += 3) samples[i] = -4;
  samples[1] = INT16_MIN;
  EXPECT_EQ(check_samples(samples, kScalePg, sensor(3)), WindowQuality::saturated);
}

TEST(CheckSamples, a_sensor_that_hangs_at_the_rail_is_stuck_not_shocked) {
  std::vector<std::int16_t> samples(3000, INT16_MAX);
  EXPECT_EQ(check_samples(samples, kScalePg, sensor()), WindowQuality::stuck);
}

TEST(CheckSamples, only_invalid_samples_are_not_a_number) {
  std::vector<std::int16_t> samples(3000, INT16_MIN);
  EXPECT_EQ(check_samples(samples, kScalePg, sensor()), WindowQuality::not_a_number);
}

TEST(RateHolds, allows_two_percent_and_no_more) {
  constexpr std::int64_t kFiveSeconds = 5'000'000'000;
  EXPECT_TRUE(rate_holds(16'000, 0, kFiveSeconds, 3'200'000));
  EXPECT_TRUE(rate_holds(16'000, 0, kFiveSeconds * 1019 / 1000, 3'200'000));
  EXPECT_TRUE(rate_holds(16'000, 0, kFiveSeconds * 981 / 1000, 3'200'000));
  EXPECT_FALSE(rate_holds(16'000, 0, kFiveSeconds * 1021 / 1000, 3'200'000));
  EXPECT_FALSE(rate_holds(16'000, 0, kFiveSeconds * 979 / 1000, 3'200'000));
}

TEST(RateHolds, refuses_times_that_do_not_advance_and_survives_any_others) {
  EXPECT_FALSE(rate_holds(100, 5, 5, 3'200'000));
  EXPECT_FALSE(rate_holds(100, 5, 4, 3'200'000));
  EXPECT_FALSE(rate_holds(100, INT64_MIN, INT64_MAX, 3'200'000));
  EXPECT_FALSE(rate_holds(100, 0, 1'000'000, 0));
}

}  // namespace
}  // namespace torpor
