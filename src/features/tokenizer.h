// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "features/baseline.h"
#include "features/raw.h"
#include "features/tokens.h"

namespace torpor {

// Layout of a band's 94 inputs: z of the 46 features (clipped at 8, halved), plain
// difference of the 46 (clipped at 4; levels minus their median over the 64, so that
// gain is free), 2 whitened levels (clipped at 10, halved).
inline constexpr std::size_t kZAt = 0;
inline constexpr std::size_t kDifferenceAt = kBandFeatures;
inline constexpr std::size_t kWhitenedAt = 2 * kBandFeatures;
static_assert(kWhitenedAt + kLevelsPerBand == kBandInputs);

// Layout of the 14 global inputs.
inline constexpr std::size_t kGlobalZAt = 0;           // 3: ln RMS, kurtosis, crest
inline constexpr std::size_t kGlobalDifferenceAt = 3;  // 3: the same
inline constexpr std::size_t kMedianLevelAt = 6;       // 2: median of the levels' differences, of their z
inline constexpr std::size_t kSpeedOffsetAt = 8;       // ln speed against the baseline's mean, clipped at 2
inline constexpr std::size_t kSpeedDistanceAt = 9;     // to the nearest calibrated speed, clipped at 2
inline constexpr std::size_t kSpeedSpreadAt = 10;      // sd of ln speed in the baseline
inline constexpr std::size_t kLeverageAt = 11;         // clipped at 4
inline constexpr std::size_t kLogNAt = 12;             // ln n_eff
inline constexpr std::size_t kLogDistanceAt = 13;      // ln(1 + mean squared whitened level)

// The two classical scores of a sub-frame, higher = more like damage.
struct ClassicalScores {
  float log_band = 0;  // root of the mean squared whitened level (each clipped at 10): 64-band distance
  // Root of the mean squared positive z of the 32 bands' ln(mean e^2 / mean^2 e): the spectral
  // kurtosis at a resolution of 64 samples. That of the 512-sample spectra is blind to shocks
  // that come more often than twice a frame (docs/features.md
  // has the figures, and which of them are selected).
  float kurtosis = 0;
};

// A speed further (in ln) than this from every calibrated one is new: no level distance
// may be used there.
inline constexpr float kNewSpeedDistance = 0.05f;

// True unless the baseline knows speeds and shaft_hz is none of them (or not known).
bool is_calibrated_speed(const FeatureBaseline& baseline, float shaft_hz);

// Pure; no allocation; everything in `out` and the scores is finite and bounded.
// shaft_hz is ignored by a baseline without speed; <= 0 otherwise counts as the mean.
ClassicalScores tokenize(const RawFeatures& raw, const FeatureBaseline& baseline, float shaft_hz,
                         TokenSet& out);

}  // namespace torpor
