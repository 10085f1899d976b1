// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/assertion.h"

namespace torpor::eval {

double auc(std::span<const double> healthy, std::span<const double> faulty) {
  TORPOR_ASSERT(!healthy.empty() && !faulty.empty(), "eval.an_auc_compares_two_sets");
  // Mann and Whitney's U by counting: O(n log n), where pairs would be O(n m).
  std::vector<double> sorted(healthy.begin(), healthy.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (double f : faulty) {
    // Ties count half: counted whole either way, a score that is constant would be all right or all wrong.
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), f);
    sum += static_cast<double>(low - sorted.begin()) + 0.5 * static_cast<double>(high - low);
  }
  return sum / (static_cast<double>(healthy.size()) * static_cast<double>(faulty.size()));
}

double share_above(std::span<const double> scores, double threshold) {
  TORPOR_ASSERT(!scores.empty(), "eval.a_share_is_of_something");
  const auto above = std::count_if(scores.begin(), scores.end(), [=](double s) { return s > threshold; });
  return static_cast<double>(above) / static_cast<double>(scores.size());
}

double tpr_at_fpr0(std::span<const double> healthy, std::span<const double> faulty) {
  TORPOR_ASSERT(!healthy.empty(), "eval.hindsight_has_a_healthy_score");
  return share_above(faulty, *std::max_element(healthy.begin(), healthy.end()));
}

double quantile(std::span<const double> x, double q) {
  TORPOR_ASSERT(!x.empty(), "eval.a_quantile_is_of_something");
  std::vector<double> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  // Linear between order statistics (type 7 of Hyndman and Fan 1996), so that a quantile moves smoothly with
  // its data.
  const double at = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

double median(std::span<const double> x) { return quantile(x, 0.5); }

Scale scale_of(std::span<const double> healthy) {
  Scale scale;
  scale.median = median(healthy);
  std::vector<double> off;
  for (double s : healthy) off.push_back(std::abs(s - scale.median));
  // Not scaled to a standard deviation: thresholds and tolerances are in MADs everywhere (docs/verdict.md).
  scale.mad = std::max(median(off), 1e-6 * std::max(1.0, std::abs(scale.median)));
  return scale;
}

double self_set_threshold(std::span<const double> healthy, double margin) {
  TORPOR_ASSERT(!healthy.empty(), "eval.a_threshold_is_set_on_something");
  const double middle = median(healthy);
  // From the largest, not from a spread: few held-out windows say nothing of a tail's shape.
  return middle + margin * (*std::max_element(healthy.begin(), healthy.end()) - middle);
}

}  // namespace torpor::eval
