// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace torpor {
namespace {

double tone(double hertz, double rate_hz, std::uint64_t i) {
  return std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate_hz + 0.3);
}

RecordedSamples tone_recording(double rate_hz, double hertz, double amplitude, std::uint64_t samples,
                               std::uint64_t block) {
  RecordedSamples r;
  r.rate_hz = rate_hz;
  r.channels = 1;
  r.scale = 0.001;
  for (std::uint64_t at = 0; at < samples; at += block) r.block_starts.push_back(at);
  for (std::uint64_t i = 0; i < samples; ++i)
    r.samples.push_back(static_cast<std::int16_t>(std::lround(amplitude * tone(hertz, rate_hz, i))));
  return r;
}

RecordedSamples resampled(const RecordedSamples& in, double rate_hz) {
  auto out = resample(in, rate_hz);
  EXPECT_TRUE(out.ok()) << one_line(out.error()).view();
  return *std::move(out);
}

TEST(Resampler, keeps_a_tone_below_the_new_nyquist) {
  const auto in = tone_recording(12'000, 700, 8000, 12'000, 12'000);
  const auto out = resampled(in, 3200);
  ASSERT_EQ(out.samples.size(), 3200u);
  for (std::uint64_t i = 30; i < 3170; ++i)
    ASSERT_NEAR(out.samples[i] * out.scale, 8 * tone(700, 3200, i), 0.01) << i;
}

TEST(Resampler, removes_a_tone_above_the_new_nyquist) {
  const auto out = resampled(tone_recording(12'000, 2000, 8000, 12'000, 12'000), 3200);
  for (std::uint64_t i = 60; i < 3140; ++i) ASSERT_LT(std::fabs(out.samples[i] * out.scale), 0.02) << i;
}

TEST(Resampler, keeps_offset_and_slow_parts_up_to_the_border_of_a_block) {
  auto in = tone_recording(25'600, 40, 3000, 25'600, 2560);
  for (std::int16_t& v : in.samples) v = static_cast<std::int16_t>(v + 5000);
  const auto out = resampled(in, 3200);
  ASSERT_EQ(out.samples.size(), 3200u);
  for (std::uint64_t i = 0; i < 3200; ++i)
    ASSERT_NEAR(out.samples[i] * out.scale, 5 + 3 * tone(40, 3200, i), 0.12) << i;
}

TEST(Resampler, lets_nothing_of_one_block_into_the_next) {
  auto in = tone_recording(25'600, 500, 9000, 5120, 2560);
  auto quiet = in;
  std::fill(quiet.samples.begin(), quiet.samples.begin() + 2560, std::int16_t{0});
  const auto a = resampled(in, 3200);
  const auto b = resampled(quiet, 3200);
  ASSERT_EQ(a.block_starts, (std::vector<std::uint64_t>{0, 320}));
  for (std::size_t i = 320; i < 640; ++i)
    ASSERT_NEAR(a.samples[i] * a.scale, b.samples[i] * b.scale, 1.1 * (a.scale + b.scale) / 2) << i;
}

TEST(Resampler, makes_the_stated_number_of_samples_at_any_ratio) {
  for (const auto& [from, to] :
       {std::pair{25'600.0, 3201.0}, {8000.0, 44'100.0}, {51'200.0, 1600.0}, {1000.0, 999.0}}) {
    for (const std::uint64_t block : {1u, 2u, 7u, 100u, 2560u}) {
      const auto out = resampled(tone_recording(from, 50, 1000, 5 * block, block), to);
      const std::uint64_t one = resampled_length(block, static_cast<std::uint32_t>(from) * 1000,
                                                 static_cast<std::uint32_t>(to) * 1000);
      EXPECT_EQ(out.samples.size(), 5 * one) << from << " " << to << " " << block;
      EXPECT_EQ(out.block_starts.size(), one == 0 ? 0u : 5u);
    }
  }
}

TEST(Resampler, never_clips) {
  // A square wave at full scale overshoots by a fifth when its band is cut.
  RecordedSamples in = tone_recording(12'000, 1, 0, 12'000, 12'000);
  for (std::size_t i = 0; i < in.samples.size(); ++i)
    in.samples[i] = i / 40 % 2 == 0 ? INT16_MAX : -INT16_MAX;
  const auto out = resampled(in, 3200);
  double peak = 0;
  for (const std::int16_t v : out.samples) peak = std::max(peak, std::fabs(v * out.scale));
  EXPECT_GT(peak, 1.05 * INT16_MAX * in.scale);
  EXPECT_LT(peak, kResamplerPeakGain * INT16_MAX * in.scale);
}

TEST(Resampler, stays_below_its_bound_for_the_worst_input) {
  // Signs that add up every lobe of the filter at one instant.
  for (const double to : {3200.0, 11'000.0, 24'000.0}) {
    double worst = 0;
    for (int phase = 0; phase < 20; ++phase) {
      const double centre = 3000 + phase / 20.0;
      const double cut = std::min(1.0, to / 12'000);
      RecordedSamples in = tone_recording(12'000, 1, 0, 6000, 6000);
      for (std::size_t i = 0; i < in.samples.size(); ++i) {
        const double x = (static_cast<double>(i) - centre) * cut;
        const double s = x == 0 ? 1 : std::sin(std::numbers::pi * x) / x;
        in.samples[i] = s >= 0 ? 8000 : -8000;
      }
      const auto out = resampled(in, to);
      for (const std::int16_t v : out.samples) worst = std::max(worst, std::fabs(v * out.scale) / 8);
    }
    EXPECT_GT(worst, 1.5);
    EXPECT_LT(worst, kResamplerPeakGain);
  }
}

TEST(Resampler, returns_a_recording_unchanged_at_its_own_rate) {
  const auto in = tone_recording(12'000, 700, 8000, 1000, 1000);
  const auto out = resampled(in, 12'000);
  EXPECT_EQ(out.samples, in.samples);
  EXPECT_EQ(out.scale, in.scale);
}

TEST(Resampler, refuses_rates_too_far_apart) {
  const auto in = tone_recording(1'000'000, 700, 8000, 1000, 1000);
  for (const double to : {3000.0, 0.0, -5.0, std::numeric_limits<double>::quiet_NaN(), 1e12}) {
    const auto out = resample(in, to);
    ASSERT_FALSE(out.ok()) << to;
    EXPECT_EQ(out.error().reason, Reason::resample_ratio);
  }
}

}  // namespace
}  // namespace torpor
