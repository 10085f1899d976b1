// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <span>

#include "features/baseline.h"
#include "features/measurement.h"

namespace torpor {

// How a window's levels, taken together, lie to what was learned.
struct LevelShift {
  double log_gain = 0;  // ln of the one factor of amplitude that fits all levels of all axes best
  double before = 0;    // RMS of z of the levels as they are
  double rest = 0;      // and without it
  double shape = 0;     // RMS of z of the features of each band that do not know the gain
};
LevelShift level_shift(const Measurement& measured,
                       std::span<const std::unique_ptr<FeatureBaseline>> learned);

// Every level of an axis, in the mean of its sub-frames, is at most `log_power` or has a kurtosis of at
// most `steady`.
[[nodiscard]] bool only_tones(std::span<const RawFeatures> subframes, double log_power, double steady);

// Mean square of z of an axis' levels, as they are, against one axis' baseline.
double mean_square_z(std::span<const RawFeatures> subframes, const FeatureBaseline& learned, float shaft_hz);

}  // namespace torpor
