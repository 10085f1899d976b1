// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/baseline.h"

#include <algorithm>
#include <cmath>

#include "exact/math.h"
#include "features/symmetric.h"

namespace torpor {
namespace {

// What each of these is for: docs/features.md, section 3.
constexpr double kRidge = 0.01;       // of the variance of ln speed
constexpr double kPoolWeight = 10;    // sub-frames the pooled spread counts as
constexpr double kPoolInflation = 4;  // pool x (1 + 4 / n): few windows underestimate
constexpr double kShrinkWindows = 32;
constexpr float kLowestLogHz = -4.1588830f;  // 1/64 Hz
constexpr float kMaxOffset = 1.0f;

constexpr std::size_t kGlobalAt = kBands * kBandFeatures;

// Spreads are never believed below this: a signal without any variation (a simulator, a stuck
// line) must not turn rounding into evidence.
double least_spread(std::size_t feature_of_band) {
  if (feature_of_band >= kOrderAt) return 0.05;
  return 0.01;
}

constexpr std::size_t level_index(std::size_t level) {
  return level / kLevelsPerBand * kBandFeatures + kLevelAt + level % kLevelsPerBand;
}

float value(const RawFeatures& raw, std::size_t i) {
  return i < kGlobalAt ? raw.band[i / kBandFeatures][i % kBandFeatures] : raw.global[i - kGlobalAt];
}

// How far the empirical correlation C (p x p, from n independent samples) should go to
// its target: the Rao-Blackwellised Ledoit-Wolf intensity of Chen, Wiesel, Eldar and
// Hero (2010). The plain Ledoit-Wolf one needs every sample; this needs only C.
double shrinkage_of(const std::vector<double>& c, std::size_t p, double n) {
  double trace = 0;
  double trace_of_square = 0;
  for (std::size_t i = 0; i < p; ++i) {
    trace += c[i * p + i];
    for (std::size_t j = 0; j < p; ++j) trace_of_square += c[i * p + j] * c[i * p + j];
  }
  const double above = (n - 2) / n * trace_of_square + trace * trace;
  const double below = (n + 2) * (trace_of_square - trace * trace / static_cast<double>(p));
  return below > above ? std::max(above / below, 0.0) : 1.0;
}

}  // namespace

void SpeedHistogram::add(float log_hz, float weight) {
  const float cell = (log_hz - kLowestLogHz) / kCellWidth;
  const auto at = static_cast<std::size_t>(std::clamp(cell, 0.0f, static_cast<float>(kCells - 1)));
  cell_[at] += weight;
}

float SpeedHistogram::distance(float log_hz) const {
  float best = kCellWidth * static_cast<float>(kCells);
  for (std::size_t i = 0; i < kCells; ++i) {
    if (cell_[i] < 0.5f) continue;
    const float centre = kLowestLogHz + (static_cast<float>(i) + 0.5f) * kCellWidth;
    best = std::min(best, std::max(std::fabs(log_hz - centre) - kCellWidth / 2, 0.0f));
  }
  return best;
}

float FeatureBaseline::speed_offset(float log_hz) const {
  return has_speed ? std::clamp(log_hz - mean_log_speed, -kMaxOffset, kMaxOffset) : 0.0f;
}

float FeatureBaseline::leverage(float log_hz) const {
  const float offset = speed_offset(log_hz);
  return (1 + offset * offset / (log_speed_variance + static_cast<float>(kRidge))) / n_eff;
}

BaselineBuilder::BaselineBuilder(bool has_speed) : has_speed_(has_speed), sums_(kSums) {}

bool BaselineBuilder::add(const RawFeatures& raw, float shaft_hz, float weight) {
  // Before the first sum changes: a half-added sub-frame could never be taken out again.
  if (!(weight > 0) || !std::isfinite(weight)) return false;
  if (has_speed_ && !(shaft_hz > 0 && std::isfinite(shaft_hz))) return false;
  const float log_hz = has_speed_ ? det::log(shaft_hz) : 0.0f;
  const double w = weight;
  const double s = log_hz;
  // Raw moments, since the mean is not known while adding: features are logarithms below about 100, so
  // that double keeps their variance to 1e-12 where the least one believed is 1e-4.
  sums_[0] += w;
  sums_[1] += w * s;
  sums_[2] += w * s * s;
  sums_[3] += 1;
  double* const first = &sums_[kMoments];
  for (std::size_t i = 0; i < kAllFeatures; ++i) {
    const double x = value(raw, i);
    first[i] += w * x;
    first[kAllFeatures + i] += w * x * s;
    first[2 * kAllFeatures + i] += w * x * x;
  }
  double* cross = &sums_[kCross];
  for (std::size_t i = 0; i < kLevels; ++i) {
    const double left = w * value(raw, level_index(i));
    for (std::size_t j = 0; j <= i; ++j) *cross++ += left * value(raw, level_index(j));
  }
  if (has_speed_) speeds_.add(log_hz, weight);
  return true;
}

void BaselineBuilder::reset() { *this = BaselineBuilder(has_speed_); }

// Regression of every feature on ln speed, from the sums of n sub-frames.
struct BaselineBuilder::Fit {
  explicit Fit(const BaselineBuilder& of);
  double n;
  double mean_s, var_s;  // of ln speed
  std::vector<double> mean = std::vector<double>(kAllFeatures);
  std::vector<double> with_speed = std::vector<double>(kAllFeatures);  // covariance with ln speed
  std::vector<double> slope = std::vector<double>(kAllFeatures);
  std::vector<double> variance = std::vector<double>(kAllFeatures);  // of the residual
};

BaselineBuilder::Fit::Fit(const BaselineBuilder& of)
    // Clamped, because rounding may leave a tiny negative where the speed never changed.
    : n(of.sums_[0]), mean_s(of.sums_[1] / n), var_s(std::max(of.sums_[2] / n - mean_s * mean_s, 0.0)) {
  const double* const first = &of.sums_[kMoments];
  for (std::size_t i = 0; i < kAllFeatures; ++i) {
    mean[i] = first[i] / n;
    with_speed[i] = first[kAllFeatures + i] / n - mean[i] * mean_s;
    // The ridge: with a single speed the slope is 0 and not noise divided by nothing.
    slope[i] = of.has_speed_ ? with_speed[i] / (var_s + kRidge) : 0.0;
    const double total = first[2 * kAllFeatures + i] / n - mean[i] * mean[i];
    // All terms: with the ridge the slope is not that of least squares, so the short form does not hold.
    variance[i] = std::max(total - 2 * slope[i] * with_speed[i] + slope[i] * slope[i] * var_s, 0.0);
  }
}

// A feature's own spread, drawn towards that of its kind over all bands by kPoolWeight
// sub-frames: few windows underestimate, and one band is like another.
void BaselineBuilder::put_spreads(const Fit& fit, FeatureBaseline& out) const {
  const double* const first = &sums_[kMoments];
  const double inflation = 1 + kPoolInflation / fit.n;
  for (std::size_t i = 0; i < kAllFeatures; ++i) {
    const std::size_t of_band = i % kBandFeatures;
    double pool = fit.variance[i];
    if (i < kGlobalAt) {
      pool = 0;
      for (std::size_t b = 0; b < kBands; ++b) pool += fit.variance[b * kBandFeatures + of_band];
      pool /= kBands;
    }
    const double least = i < kGlobalAt ? least_spread(of_band) : 0.01;
    const double spread2 = (fit.n * fit.variance[i] + kPoolWeight * pool * inflation) / (fit.n + kPoolWeight);
    out.mean[i] = static_cast<float>(fit.mean[i]);
    out.slope[i] = static_cast<float>(fit.slope[i]);
    // Never once measured (an order above the Nyquist): it can say nothing later either.
    // A feature that was measured is never 0 in all windows; one that cannot be is exactly 0.
    const bool measured = first[2 * kAllFeatures + i] > 0;
    out.inv_spread[i] = measured ? static_cast<float>(1 / std::sqrt(std::max(spread2, least * least))) : 0.0f;
  }
}

// The levels' correlation, shrunk towards the identity, to the power -1/2. Needs inv_spread.
Status BaselineBuilder::put_whitening(const Fit& fit, FeatureBaseline& out) const {
  std::vector<double> c(kLevels * kLevels);
  const double* cross = &sums_[kCross];
  for (std::size_t i = 0; i < kLevels; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      // Covariance of the residuals of both on ln speed.
      const std::size_t a = level_index(i);
      const std::size_t b = level_index(j);
      const double covariance = *cross++ / fit.n - fit.mean[a] * fit.mean[b] -
                                fit.slope[a] * fit.with_speed[b] - fit.slope[b] * fit.with_speed[a] +
                                fit.slope[a] * fit.slope[b] * fit.var_s;
      c[i * kLevels + j] = c[j * kLevels + i] =
          covariance * double{out.inv_spread[a]} * double{out.inv_spread[b]};
    }
  // A mean is taken off, and with speed a slope too: those were not independent samples.
  const double dof = std::max(fit.n - (has_speed_ ? 2 : 1), 1.0);
  const double shrink = std::clamp(
      // The second keeps the identity in sight until n is well above 32, however sure the first is.
      std::max(shrinkage_of(c, kLevels, dof), kShrinkWindows / (kShrinkWindows + fit.n)), 0.0, 1.0);
  for (std::size_t i = 0; i < kLevels; ++i)
    for (std::size_t j = 0; j < kLevels; ++j)
      c[i * kLevels + j] = (1 - shrink) * c[i * kLevels + j] + (i == j ? shrink : 0.0);
  // The floor is far below what shrinkage leaves of a covariance; it is for sums out of a file.
  const auto root = inverse_root(c, kLevels, 1e-3);
  for (std::size_t i = 0; i < root.size(); ++i) {
    // Sums that no sub-frames can have made (they were read from a file) end here.
    if (!(std::fabs(root[i]) <= 1e3)) {
      Error error{.reason = Reason::baseline_malformed};
      error.where = "covariance of levels";
      error.found = "not a covariance";
      return error;
    }
    out.whiten[i] = static_cast<float>(root[i]);
  }
  out.shrinkage = static_cast<float>(shrink);
  return {};
}

Result<std::unique_ptr<FeatureBaseline>> BaselineBuilder::finish() const {
  if (!(n_eff() >= 2)) {
    Error error{.reason = Reason::baseline_too_small};
    error.where = "independent sub-frames";
    error.found.append(static_cast<std::uint64_t>(n_eff()));
    error.expected = "2 or more";
    return error;
  }
  // Order matters: whitening is in units of the spreads.
  const Fit fit(*this);
  auto out = std::make_unique<FeatureBaseline>();
  out->has_speed = has_speed_;
  out->n_eff = static_cast<float>(fit.n);
  out->mean_log_speed = static_cast<float>(fit.mean_s);
  out->log_speed_variance = static_cast<float>(fit.var_s);
  out->speeds = speeds_;
  put_spreads(fit, *out);
  TORPOR_CHECK(put_whitening(fit, *out));
  return out;
}

}  // namespace torpor
