// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/fixed_string.h"
#include "contract/contract.h"
#include "window/repeats.h"
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

// What a window's samples were found to be, and what of: for people, empty where there is nothing
// to add.
struct SampleFinding {
  WindowQuality quality = WindowQuality::good;
  FixedString<120> note{};
};

// good, or the first that some axis fails, in the order of sensor_checks.def:
//   repeating, stuck_bit, held, spikes
//                 what no acceleration can cause, however strong: first, because such data say
//                 nothing of now, at full scale neither
//   saturated     before all that severe damage could bring with it: damage must not hide behind a
//                 sensor fault. So are shocks that reach a rail below full scale: one that lies at
//                 kImpulsiveCrest times the RMS or more is not where an ordinary level ends. Single samples
//                 (spikes) do not count. An axis that is constant counts as stuck, at the rail too.
//   not_a_number  a sample is INT16_MIN
//   stuck         an axis is constant, or its RMS around its mean lies below the contract's
//                 noise floor
//   clipped       the ordinary level reaches a rail below full scale
// `samples` is interleaved, its size a multiple of terms.axes; 0 < scale_pg <= kMaxScalePg.
// `repeats` remembers the windows before of that sensor; every window is shown to it once.
SampleFinding check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms, RepeatFinder& repeats);
// By itself, with no window before it.
WindowQuality check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms);

// Normal noise would leave 1 sample in 16,000 beyond 4 times its RMS, and 1 in 1000 (kSaturatedPermille)
// beyond 3.3 times: where so many lie at 4 times or further out, the samples are those of shocks.
inline constexpr std::uint32_t kImpulsiveCrest = 4;

// Whether `samples` per axis, of which the first was taken at `first_ns` and the one after the
// last at `last_ns`, came at `rate_mhz` within the tolerance.
[[nodiscard]] bool rate_holds(std::uint64_t samples, std::int64_t first_ns, std::int64_t last_ns,
                              std::uint32_t rate_mhz);

// RMS around the mean, in 1/256 LSB; `stride` is the number of axes, `axis` which of them.
std::uint32_t rms_q8(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride);

}  // namespace torpor
