// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "verdict/fake/scores.h"

namespace torpor {
namespace {

Result<Calibration> calibrated(std::uint32_t n, double phi = 0, std::uint64_t seed = 1) {
  ScoreSource source(seed, phi);
  const auto samples = samples_for_test(source, n);
  std::vector<double> scratch(n);
  return calibrate(samples, alarm_for_test(), scratch);
}

TEST(calibration, takes_ranks_up_to_a_quarter_of_the_cycles) {
  EXPECT_EQ(calibrated(120)->ranks, 5u);    // 1 .. 16
  EXPECT_EQ(calibrated(240)->ranks, 6u);    // 1 .. 32
  EXPECT_EQ(calibrated(1440)->ranks, 9u);   // 1 .. 256
  EXPECT_EQ(calibrated(5000)->ranks, 10u);  // 1 .. 512, no more
}

TEST(calibration, refuses_to_arm_on_fewer_than_120_cycles) {
  const auto c = calibrated(119);
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().reason, Reason::calibration_too_short);
  EXPECT_EQ(c.error().found.view(), "119 healthy cycles");
  EXPECT_EQ(c.error().expected.view(), "at least 120");
}

TEST(calibration, refuses_scores_that_are_not_finite) {
  ScoreSource source(1);
  auto samples = samples_for_test(source, 240);
  samples[7].value[1] = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> scratch(240);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().reason, Reason::calibration_not_finite);
  EXPECT_EQ(c.error().found.view(), "cycle 8");
}

TEST(calibration, bounds_exceed_the_true_exceedance_with_the_promised_probability) {
  // u_1 in closed form: P(max of n uniforms' upper tail > u) = (1 - u)^n.
  const auto c = calibrated(1440);
  ASSERT_TRUE(c.ok());
  const double tail = 0.1 / (9 * 3);
  EXPECT_NEAR(c->u[0], 1 - std::pow(tail, 1.0 / 1440), 1e-12);
  for (std::uint32_t i = 1; i < c->ranks; ++i) EXPECT_GT(c->u[i], c->u[i - 1]);
  // Rank 256 of 1440: mean 0.178, so its bound lies above, and below one half.
  EXPECT_GT(c->u[8], 256.0 / 1441);
  EXPECT_LT(c->u[8], 0.25);
}

TEST(calibration, expected_e_stays_at_one_or_below_for_nine_calibrations_in_ten) {
  // Uniform scores: the chance that a healthy cycle passes q_r is known exactly, so E[e]
  // given the calibration is too.
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform;
  AlarmTerms terms = alarm_for_test();
  terms.score_tolerance_mmad = 0;
  std::vector<double> scratch(240);
  int above = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<CalibrationSample> samples(240);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = {i + 1, {uniform(random), uniform(random), uniform(random)}};
    const auto c = calibrate(samples, terms, scratch);
    ASSERT_TRUE(c.ok());
    bool worse = false;
    for (const auto& score : c->score) {
      double e = 0.4;
      for (std::uint32_t i = 0; i < c->ranks; ++i)
        e += 0.6 / c->ranks * (1 - (score.median + score.q[i] * score.mad)) / c->u[i];
      worse = worse || e > 1;
    }
    above += worse;
  }
  EXPECT_LE(above, 200);  // delta = 10 % of calibrations
}

TEST(calibration, z_is_in_median_absolute_deviations) {
  std::vector<CalibrationSample> samples;
  for (std::uint64_t i = 0; i < 201; ++i) {
    const auto v = static_cast<double>((i * 37) % 201);  // 0..200 in a mixed order
    samples.push_back({i + 1, {v, v, v}});
  }
  std::vector<double> scratch(201);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_TRUE(c.ok());
  EXPECT_DOUBLE_EQ(c->score[0].median, 100);
  EXPECT_DOUBLE_EQ(c->score[0].mad, 50);
  EXPECT_DOUBLE_EQ(c->score[0].q[0], 2);          // largest: 200
  EXPECT_DOUBLE_EQ(c->score[0].q[1], 99 / 50.0);  // second: 199
  EXPECT_DOUBLE_EQ(weigh(*c, Score::logit, 125).z, 0.5);
}

TEST(calibration, e_is_the_base_below_every_rank_and_grows_with_each_rank_passed) {
  const auto c = calibrated(240);
  ASSERT_TRUE(c.ok());
  const auto& logit = c->score[0];
  EXPECT_DOUBLE_EQ(weigh(*c, Score::logit, logit.median).e, 0.4);
  double last = 0.4;
  for (std::uint32_t i = c->ranks; i-- > 0;) {
    const double just_above = logit.median + (logit.q[i] + 0.0501) * logit.mad;
    const double e = weigh(*c, Score::logit, just_above).e;
    EXPECT_GT(e, last);
    last = e;
  }
}

TEST(calibration, a_score_within_the_tolerance_of_a_rank_does_not_pass_it) {
  const auto c = calibrated(240);
  ASSERT_TRUE(c.ok());
  const auto& logit = c->score[0];
  const double inside = logit.median + (logit.q[0] + 0.049) * logit.mad;
  const double outside = logit.median + (logit.q[0] + 0.051) * logit.mad;
  EXPECT_GT(weigh(*c, Score::logit, outside).e, weigh(*c, Score::logit, inside).e + 1);
}

TEST(calibration, a_constant_score_neither_divides_by_zero_nor_gains_evidence) {
  std::vector<CalibrationSample> samples;
  ScoreSource source(3);
  for (std::uint64_t i = 1; i <= 240; ++i) samples.push_back({i, {source.next().value[0], 5, 0}});
  std::vector<double> scratch(240);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_TRUE(c.ok());
  EXPECT_DOUBLE_EQ(c->score[1].mad, 5e-6);
  EXPECT_DOUBLE_EQ(weigh(*c, Score::log_band, 5).e, 0.4);
  EXPECT_TRUE(std::isfinite(weigh(*c, Score::log_band, 6).z));
}

TEST(calibration, a_known_speed_averages_logit_and_log_band_a_new_one_logit_and_kurtosis) {
  const auto c = calibrated(240);
  ASSERT_TRUE(c.ok());
  CycleScores scores;
  scores.value = {c->score[0].median, c->score[1].median + 100 * c->score[1].mad, c->score[2].median};
  std::array<ScoreEvidence, kScores> evidence;
  const double known = combine(*c, scores, kAllScores, evidence);
  EXPECT_DOUBLE_EQ(known, (evidence[0].e + evidence[1].e) / 2);
  EXPECT_TRUE(evidence[1].used && !evidence[2].used);
  scores.calibrated_speed = false;  // now the loud band means nothing
  EXPECT_DOUBLE_EQ(combine(*c, scores, kAllScores, evidence), 0.4);
  EXPECT_TRUE(!evidence[1].used && evidence[2].used);
}

TEST(calibration, independent_cycles_get_one_detector_correlated_ones_eight) {
  EXPECT_EQ(calibrated(1440)->detectors, 1u);
  const auto c = calibrated(1440, 0.3);
  ASSERT_TRUE(c.ok());
  EXPECT_NEAR(c->score[0].phi, 0.3, 0.08);
  EXPECT_EQ(c->detectors, 8u);
  EXPECT_EQ(calibrated(240, 0.6)->detectors, 8u);
}

TEST(calibration, refuses_to_arm_on_cycles_that_foretell_one_another) {
  const auto c = calibrated(1440, 0.85);
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().reason, Reason::calibration_correlated);
  EXPECT_EQ(c.error().expected.view(), "at most 0.700");
}

TEST(calibration, a_score_that_foretells_itself_stands_aside_and_the_others_go_on) {
  ScoreSource steady(3, 0.0), drifting(4, 0.9);
  auto samples = samples_for_test(steady, 1440);
  const auto drift = samples_for_test(drifting, 1440);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].value[1] = drift[i].value[1];
  std::vector<double> scratch(1440);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_TRUE(c.ok());
  EXPECT_FALSE(takes_part(*c, Score::log_band));
  EXPECT_EQ(c->detectors, 1u) << "what takes no part decides nothing";
  std::array<ScoreEvidence, kScores> evidence;
  combine(*c, {.value = {0, 1000, 0}, .calibrated_speed = true}, kAllScores, evidence);
  EXPECT_TRUE(evidence[0].used);
  EXPECT_FALSE(evidence[1].used);
}

TEST(calibration, takes_correlation_only_from_cycles_that_follow_one_another) {
  // Strongly correlated, but every second cycle was not scored: no pair tells anything,
  // so eight detectors are the careful choice.
  ScoreSource source(1, 0.85);
  auto samples = samples_for_test(source, 240);
  for (auto& sample : samples) sample.cycle *= 2;
  std::vector<double> scratch(240);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->pairs, 0u);
  EXPECT_EQ(c->detectors, 8u);
}

TEST(calibration, one_wild_cycle_does_not_hide_a_correlation) {
  ScoreSource source(1, 0.6);
  auto samples = samples_for_test(source, 480);
  for (auto& v : samples[100].value) v = 1e9;
  std::vector<double> scratch(480);
  const auto c = calibrate(samples, alarm_for_test(), scratch);
  ASSERT_TRUE(c.ok());
  EXPECT_GT(c->score[0].phi, 0.45);
}

TEST(calibration, a_new_delta_changes_the_bounds_and_leaves_the_ranks) {
  auto c = *calibrated(240);
  const auto before = c;
  AlarmTerms terms = alarm_for_test();
  terms.calibration_delta_ppm = 1000;
  ASSERT_TRUE(set_bounds(c, terms).ok());
  EXPECT_EQ(c.score[0].q, before.score[0].q);
  for (std::uint32_t i = 0; i < c.ranks; ++i) EXPECT_GT(c.u[i], before.u[i]);
}

TEST(calibration, a_bound_of_one_half_or_more_is_dropped) {
  auto c = *calibrated(120);
  AlarmTerms terms = alarm_for_test();
  terms.calibration_delta_ppm = 1;
  c.n = 40;  // as small as no armed calibration is: rank 16 of 40 has its bound above 1/2
  ASSERT_TRUE(set_bounds(c, terms).ok());
  EXPECT_EQ(c.u[4], 0);
  EXPECT_GT(c.u[0], 0);
}

}  // namespace
}  // namespace torpor
