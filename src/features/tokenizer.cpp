// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/tokenizer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "exact/math.h"
#include "exact/sum.h"

namespace torpor {
namespace {

// docs/features.md section 4; with them no token is beyond 8, which int8 activations can hold.
constexpr float kZClip = 8;
constexpr float kDifferenceClip = 4;
constexpr float kWhitenedClip = 10;

float clip(float x, float limit) { return std::clamp(x, -limit, limit); }

// By value: the caller goes on with the order of levels.
float median(std::array<float, kLevels> x) {
  std::sort(x.begin(), x.end());
  return 0.5f * (x[kLevels / 2 - 1] + x[kLevels / 2]);
}

struct Residual {
  float difference;
  float z;
};
Residual residual(float raw, const FeatureBaseline& baseline, std::size_t i, float offset) {
  const float inv_spread = baseline.inv_spread[i];
  if (inv_spread == 0) return {0, 0};  // never measured while learning
  const float difference = raw - (baseline.mean[i] + baseline.slope[i] * offset);
  return {difference, difference * inv_spread};
}

}  // namespace

bool is_calibrated_speed(const FeatureBaseline& baseline, float shaft_hz) {
  if (!baseline.has_speed) return true;
  return shaft_hz > 0 && baseline.speeds.distance(det::log(shaft_hz)) <= kNewSpeedDistance;
}

ClassicalScores tokenize(const RawFeatures& raw, const FeatureBaseline& baseline, float shaft_hz,
                         TokenSet& out) {
  const bool speed_known = baseline.has_speed && shaft_hz > 0;
  // Without a speed the mean one: offset 0, so that no slope is applied by guess.
  const float log_hz = speed_known ? det::log(shaft_hz) : baseline.mean_log_speed;
  const float offset = baseline.speed_offset(log_hz);

  std::array<float, kLevels> level_difference;
  std::array<float, kLevels> level_z;
  float kurtosis_square = 0;
  for (std::size_t b = 0; b < kBands; ++b)
    for (std::size_t i = 0; i < kBandFeatures; ++i) {
      // An order that cannot be measured at this speed says nothing.
      const float x = raw.band[b][i];
      Residual r = residual(x, baseline, b * kBandFeatures + i, offset);
      // x == 0 after residual(), which would make a difference of it.
      if (i >= kOrderAt && x == 0) r = {0, 0};
      const float z = clip(r.z, kZClip);
      out.band[b][kZAt + i] = 0.5f * z;
      out.band[b][kDifferenceAt + i] = clip(r.difference, kDifferenceClip);
      // Only upwards: a flatter band is no damage (docs/features.md on how this was chosen).
      if (i == kMeanSquareAt && z > 0) kurtosis_square += z * z;
      if (i >= kLevelAt + kLevelsPerBand) continue;
      level_difference[b * kLevelsPerBand + i] = r.difference;
      level_z[b * kLevelsPerBand + i] = r.z;
    }

  const float median_difference = median(level_difference);
  std::array<float, kLevels> bounded;  // so that no product below can overflow
  std::array<float, kLevels> whitened;
  for (std::size_t i = 0; i < kLevels; ++i) bounded[i] = clip(level_z[i], 1e4f);
  for (std::size_t i = 0; i < kLevels; ++i)
    whitened[i] = clip(det::dot({&baseline.whiten[i * kLevels], kLevels}, bounded), kWhitenedClip);
  for (std::size_t i = 0; i < kLevels; ++i) {
    auto& band = out.band[i / kLevelsPerBand];
    band[kDifferenceAt + kLevelAt + i % kLevelsPerBand] =
        // A gain that changes moves all 64 differences alike: their median is it.
        clip(level_difference[i] - median_difference, kDifferenceClip);
    band[kWhitenedAt + i % kLevelsPerBand] = 0.5f * whitened[i];
  }
  const float mean_square = det::sum_squares(whitened) / kLevels;

  // Without the median taken off: these are where gain and absolute level are told.
  for (std::size_t i = 0; i < kGlobalFeatures; ++i) {
    const Residual r = residual(raw.global[i], baseline, kBands * kBandFeatures + i, offset);
    out.global[kGlobalZAt + i] = 0.5f * clip(r.z, kZClip);
    out.global[kGlobalDifferenceAt + i] = clip(r.difference, kDifferenceClip);
  }
  out.global[kMedianLevelAt] = clip(median_difference, kDifferenceClip);
  out.global[kMedianLevelAt + 1] = 0.5f * clip(median(level_z), kZClip);
  out.global[kSpeedOffsetAt] = speed_known ? clip(log_hz - baseline.mean_log_speed, 2) : 0.0f;
  out.global[kSpeedDistanceAt] = speed_known ? clip(baseline.speeds.distance(log_hz), 2) : 0.0f;
  out.global[kSpeedSpreadAt] = clip(__builtin_sqrtf(baseline.log_speed_variance), 2);
  out.global[kLeverageAt] = clip(baseline.leverage(log_hz), 4);
  out.global[kLogNAt] = clip(det::log(baseline.n_eff), 8);
  out.global[kLogDistanceAt] = det::log1p(mean_square);
  return {__builtin_sqrtf(mean_square), __builtin_sqrtf(kurtosis_square / kBands)};
}

}  // namespace torpor
