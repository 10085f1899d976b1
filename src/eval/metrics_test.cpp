// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/metrics.h"

#include <gtest/gtest.h>

namespace torpor::eval {
namespace {

using V = std::vector<double>;

TEST(Metrics, counts_pairs_for_the_auc) {
  EXPECT_DOUBLE_EQ(auc(V{1, 2, 3}, V{4, 5}), 1);
  EXPECT_DOUBLE_EQ(auc(V{4, 5}, V{1, 2, 3}), 0);
  EXPECT_DOUBLE_EQ(auc(V{1, 3}, V{2, 4}), 0.75);
}

TEST(Metrics, counts_ties_half) {
  EXPECT_DOUBLE_EQ(auc(V{1, 1, 1}, V{1, 1}), 0.5);
  EXPECT_DOUBLE_EQ(auc(V{0, 1}, V{1, 2}), (1 + 0.5 + 1 + 1) / 4);
}

TEST(Metrics, has_no_figure_of_an_empty_set) {
  EXPECT_DEATH(auc(V{}, V{1}), "");
  EXPECT_DEATH(auc(V{1}, V{}), "");
  EXPECT_DEATH(share_above(V{}, 1), "");
  EXPECT_DEATH(tpr_at_fpr0(V{}, V{1}), "");
  EXPECT_DEATH(median(V{}), "");
  EXPECT_DEATH(scale_of(V{}), "");
  EXPECT_DEATH(self_set_threshold(V{}), "");
}

TEST(Metrics, counts_detections_only_strictly_above_the_highest_healthy_score) {
  EXPECT_DOUBLE_EQ(tpr_at_fpr0(V{1, 5, 2}, V{5, 5.1, 4, 9}), 0.5);
  EXPECT_DOUBLE_EQ(tpr_at_fpr0(V{1, 5, 2}, V{5}), 0);
}

TEST(Metrics, takes_the_mean_of_the_two_middle_values_as_median) {
  EXPECT_DOUBLE_EQ(median(V{3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median(V{4, 1, 2, 3}), 2.5);
}

TEST(Metrics, interpolates_quantiles) {
  EXPECT_DOUBLE_EQ(quantile(V{0, 10}, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(quantile(V{0, 10, 20}, 1), 20);
}

TEST(Metrics, measures_spread_by_the_median_deviation) {
  const Scale scale = scale_of(V{1, 2, 3, 4, 100});
  EXPECT_DOUBLE_EQ(scale.median, 3);
  EXPECT_DOUBLE_EQ(scale.mad, 1);
  EXPECT_DOUBLE_EQ(scale.z(5), 2);
}

TEST(Metrics, keeps_a_constant_score_finite) { EXPECT_DOUBLE_EQ(scale_of(V{7, 7, 7}).mad, 7e-6); }

TEST(Metrics, sets_a_threshold_above_the_largest_healthy_score) {
  EXPECT_DOUBLE_EQ(self_set_threshold(V{0, 1, 2}), 1 + 1.5 * (2 - 1));
  // Also where all scores are negative, as logits are.
  EXPECT_GT(self_set_threshold(V{-3, -2, -2.5}), -2);
}

}  // namespace
}  // namespace torpor::eval
