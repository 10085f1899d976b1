// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/compare.h"
#include "eval/life.h"
#include "eval/mix.h"
#include "eval/pack.h"

namespace torpor::eval {
namespace {

RecordedSamples noise(std::size_t samples, std::uint32_t channels, double size, unsigned seed) {
  RecordedSamples s;
  s.rate_hz = 2000;
  s.channels = channels;
  s.scale = 0.001;
  s.block_starts = {0};
  for (std::size_t i = 0; i < samples * channels; ++i) {
    seed = seed * 1664525u + 1013904223u;
    s.samples.push_back(static_cast<std::int16_t>(size * (static_cast<double>(seed >> 8) / (1 << 23) - 1)));
  }
  return s;
}

double rms(const RecordedSamples& s) {
  double square = 0;
  for (auto v : s.samples) square += double(v) * double(v);
  return s.scale * std::sqrt(square / static_cast<double>(s.samples_per_channel()));
}

CycleScores scores(double logit, double band, double kurtosis, bool calibrated = true) {
  return {{logit, band, kurtosis}, calibrated};
}

TEST(Windows, are_cut_at_the_hop_and_never_reach_beyond_the_end) {
  const auto ranges = plan_windows(noise(5000, 1, 100, 1), {1.0, 0.5});
  ASSERT_EQ(ranges.size(), 4u);
  EXPECT_EQ(ranges[1].first, 1000u);
  EXPECT_EQ(ranges.back().last, 5000u);
}

TEST(Windows, hold_whole_blocks_and_never_a_part_of_one) {
  RecordedSamples s = noise(2000, 1, 100, 1);
  s.block_starts.clear();
  for (std::uint64_t b = 0; b < 2000; b += 200) s.block_starts.push_back(b);
  const auto ranges = plan_windows(s, {0.25, 0.1});  // 2.5 blocks come nearest to 3
  ASSERT_FALSE(ranges.empty());
  for (const Range& r : ranges) {
    EXPECT_EQ(r.first % 200, 0u);
    EXPECT_EQ(r.last - r.first, 600u);
  }
  EXPECT_EQ(ranges[1].first, 200u);
}

TEST(Windows, are_measured_axis_by_axis) {
  Measurer measurer;
  Recording recording;
  recording.rpm = 600;
  const auto windows = measurer.measure(noise(4000, 3, 1000, 5), recording, 7, {1.0, 1.0});
  ASSERT_TRUE(windows);
  ASSERT_EQ(windows->size(), 2u);
  EXPECT_EQ((*windows)[0].axes, 3u);
  EXPECT_EQ((*windows)[0].per_axis(), 2u);
  EXPECT_EQ((*windows)[0].recording, 7u);
  EXPECT_FLOAT_EQ((*windows)[0].shaft_hz, 10);
}

TEST(Mix, brings_the_fault_to_its_level_below_the_healthy_window) {
  const auto h = noise(4000, 2, 500, 3), f = noise(4000, 2, 9000, 11);
  const Piece16 healthy = cut(h, {0, 2000}, {}), fault = cut(f, {2000, 4000}, {});
  RecordedSamples sum = mix(healthy, fault, -12);
  for (std::size_t i = 0; i < sum.samples.size(); ++i) {
    const double rest = sum.samples[i] * sum.scale - healthy.samples.samples[i] * healthy.samples.scale;
    sum.samples[i] = static_cast<std::int16_t>(std::lrint(rest / sum.scale));
  }
  EXPECT_NEAR(20 * std::log10(rms(sum) / healthy.rms), -12, 0.1);
}

TEST(Mix, keeps_the_healthy_windows_blocks) {
  RecordedSamples h = noise(2000, 1, 500, 3);
  h.block_starts = {0, 500, 1000, 1500};
  const RecordedSamples sum = mix(cut(h, {500, 1500}, {}), cut(noise(2000, 1, 900, 4), {0, 300}, {}), -6);
  EXPECT_EQ(sum.block_starts, (std::vector<std::uint64_t>{0, 500}));
  EXPECT_EQ(sum.samples.size(), 1000u);
}

TEST(Units, average_logit_and_log_band_at_a_known_speed_and_logit_and_kurtosis_at_a_new_one) {
  std::vector<CycleScores> held;
  for (double x : {-1.0, 0.0, 1.0}) held.push_back(scores(x, 2 * x, 4 * x));
  const Units units = units_of(held);
  EXPECT_DOUBLE_EQ(units.averaged(scores(3, 2, 400)), (3 + 1) / 2.0);
  EXPECT_DOUBLE_EQ(units.averaged(scores(3, 200, 4, false)), (3 + 1) / 2.0);
}

TEST(Units, compare_gives_every_score_its_own_figures) {
  std::vector<CycleScores> held, faulty;
  for (double x : {-1.0, 0.0, 1.0}) held.push_back(scores(x, x, x));
  faulty = {scores(5, 0, -5), scores(6, 0, -5)};
  const auto result = compare(units_of(held), held, faulty);
  EXPECT_EQ(result["logit"]["auc"], 1.0);
  EXPECT_EQ(result["logit"]["tpr"], 1.0);
  EXPECT_EQ(result["logit"]["fpr"], 0.0);
  EXPECT_EQ(result["log_band"]["auc"], 0.5);
  EXPECT_EQ(result["kurtosis"]["auc"], 0.0);
}

TEST(Life, wants_three_windows_in_a_row) {
  const std::vector<double> t = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> s = {9, 9, 0, 9, 9, 9, 0, 0};
  const LifeOutcome o = judge_life(t, s, 1, 2, 8);
  EXPECT_STREQ(o.kind, "in time");
  EXPECT_DOUBLE_EQ(o.first_alarm_s, 6);
}

TEST(Life, calls_an_alarm_early_late_or_missed_by_the_packs_own_splits) {
  const std::vector<double> t = {1, 2, 3, 4}, s = {9, 9, 9, 9};
  EXPECT_STREQ(judge_life(t, s, 1, 3, 8).kind, "early");
  EXPECT_STREQ(judge_life(t, s, 1, 1, 3).kind, "late");
  EXPECT_STREQ(judge_life(t, s, 10, 1, 3).kind, "missed");
}

TEST(HeldOut, never_judges_a_window_by_a_baseline_that_saw_a_part_of_it) {
  // Windows overlap by three quarters: without care a fold would hold its neighbours.
  Measurer measurer;
  Recording recording;
  const auto windows = measurer.measure(noise(12000, 1, 1000, 5), recording, 0, {1.0, 0.25});
  ASSERT_TRUE(windows);
  WindowList all;
  for (const MeasuredWindow& w : *windows) all.push_back(&w);
  for (const MeasuredWindow* w : all) EXPECT_EQ(w->overlaps(*all[0]), w->first < all[0]->last) << w->first;
  const auto whole = fit(all);
  ASSERT_TRUE(whole);
  // 6 s of samples are 12 half-second sub-frames, however often they were cut.
  EXPECT_NEAR(double{whole->axis[0]->n_eff}, 12, 1.5);
}

}  // namespace
}  // namespace torpor::eval
