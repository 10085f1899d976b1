// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <span>

namespace torpor::train {

// out[i] = in at position first + i * step, band-limited below half the slower of both
// rates (Hann-windowed sinc, 12 zero crossings each side, about 60 dB). Any real step, so
// that a speed can be a few per cent off. Beyond its ends `in` is continued by its mirror
// image. Quick and good enough to make training data from, which the runtime's resampler
// (sensor/recording/resampler.h) is not: docs/dependencies.md. `in` is not empty, step > 0.
void read_at(std::span<const float> in, double first, double step, std::span<float> out);

}  // namespace torpor::train
