// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/contract.h"
#include "window/window.h"

// What samples say about themselves. Integer arithmetic only: the firmware has no libm, and
// both roles must come to the same answer. Freestanding.
namespace torpor {

// A window is saturated when, on some axis, more than this many in a thousand samples reach
// 99 % of full scale (the contract's, or the int16 rail where that comes first). One clipped
// sample in a bump over a door sill is not worth a verdict; 5 ms of clipping in 5 s is.
inline constexpr std::uint32_t kSaturatedPermille = 1;
// The measured rate may differ from the contract's by this much.
inline constexpr std::uint32_t kRateTolerancePercent = 2;

// good, saturated, not_a_number or stuck, by the first that holds in this order:
//   saturated     a shock or severe damage must not hide behind a sensor fault. An axis
//                 that is constant counts as stuck, at the rail too.
//   not_a_number  a sample is INT16_MIN
//   stuck         an axis is constant, or its RMS around its mean lies below the contract's
//                 noise floor
// `samples` is interleaved, its size a multiple of terms.axes; 0 < scale_pg <= kMaxScalePg.
WindowQuality check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms);

// Whether `samples` per axis, of which the first was taken at `first_ns` and the one after the
// last at `last_ns`, came at `rate_mhz` within the tolerance.
[[nodiscard]] bool rate_holds(std::uint64_t samples, std::int64_t first_ns, std::int64_t last_ns,
                              std::uint32_t rate_mhz);

// RMS around the mean, in 1/256 LSB; `stride` is the number of axes, `axis` which of them.
std::uint32_t rms_q8(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride);

}  // namespace torpor
