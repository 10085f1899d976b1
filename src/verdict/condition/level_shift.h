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

// Power of what is random on an axis: of those levels whose kurtosis is above `steady`, that of a tone.
double random_power(std::span<const RawFeatures> subframes, double steady);

// Mean square of z of an axis' levels, as they are, against one axis' baseline.
double mean_square_z(std::span<const RawFeatures> subframes, const FeatureBaseline& learned, float shaft_hz);

}  // namespace torpor
