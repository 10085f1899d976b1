// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <span>
#include <vector>

// The arithmetic of evaluations. Pure; order of the inputs does not matter. There is no figure
// of an empty set: whoever asks for one has not looked at its count, which is a bug and traps.
namespace torpor::eval {

// Probability that a faulty score lies above a healthy one, ties counted half
// (Mann-Whitney).
double auc(std::span<const double> healthy, std::span<const double> faulty);

// Share of scores strictly above the threshold.
double share_above(std::span<const double> scores, double threshold);

// Share of faulty scores above every healthy one: what a threshold placed with hindsight
// could do without a single false alarm.
double tpr_at_fpr0(std::span<const double> healthy, std::span<const double> faulty);

// Middle value (mean of the two middle ones). Copies.
double median(std::span<const double> x);
// q in 0..1, linear between order statistics. Copies.
double quantile(std::span<const double> x, double q);

// Centre and spread of healthy scores: median and median absolute deviation, the latter at
// least 1e-6 max(1, |median|) so that a constant score cannot divide by zero.
struct Scale {
  double median = 0;
  double mad = 1;
  double z(double s) const { return (s - median) / mad; }
};
Scale scale_of(std::span<const double> healthy);

// A threshold from healthy scores that the model was not fitted on, set without any test
// data: median + margin (largest - median).
inline constexpr double kThresholdMargin = 1.5;
double self_set_threshold(std::span<const double> healthy, double margin = kThresholdMargin);

}  // namespace torpor::eval
