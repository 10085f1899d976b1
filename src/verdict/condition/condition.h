// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/result.h"
#include "contract/contract.h"
#include "features/baseline.h"
#include "features/measurement.h"
#include "verdict/verdict.h"

// The condition of a sensor against what was learned of it: what damage of a machine cannot do to its
// vibration, and a changed range, a swapped connector or a turned mount does. Judged once for each good
// window of a machine that runs, after the fit and before anything is learned or scored. Pure; no heap.
namespace torpor {

using AxisMeans = std::array<double, kMaxAxes>;
// Means of the windows of the fit. Stored in the baseline file.
struct LearnedMeans {
  AxisMeans mean_g{};
  std::uint64_t windows = 0;  // 0: not known (a baseline of an earlier version)
  void add(const AxisMeans& means);

  // As the baseline file carries them: the count and three doubles, little-endian; empty while none is
  // known. decode refuses other lengths and numbers that cannot be: baseline_malformed.
  static constexpr std::size_t kEncodedSize = 8 + 8 * kMaxAxes;
  Bytes encode(std::span<std::byte, kEncodedSize> out) const;
  static Result<LearnedMeans> decode(Bytes bytes);
};

// A mean below it is the offset of a sensor that does not see gravity.
inline constexpr double kSeesGravity_g = 0.5;
// How far the mean may move, over its length: 30 degrees (2 sin 15). A ramp is 10 degrees, a robot
// that takes a corner at 3 m/s2 leans by 17.
inline constexpr double kMeanMoves = 0.52;
// Common factor of all levels, ln of amplitude: the smallest step of a range setting is 2 (0.69), load
// and temperature move a machine by less than 1.5 (0.41).
inline constexpr double kLeastGain = 0.5;
// RMS of z over all levels: a single healthy sub-frame has 1, the mean of a window less. So much may be
// left by the explanation (a factor, another order of the axes), and of features that do not know the gain.
inline constexpr double kHealthySpreads = 1.5;
// Before it: twice that, or there is nothing to explain.
inline constexpr double kForeignSpreads = 2 * kHealthySpreads;
// A machine that has aged since the fit may be left further out, where the explanation takes away
// 15/16 of the squares.
inline constexpr double kLeftOver = 0.25;

struct ConditionFinding {
  VerdictReason reason = VerdictReason::none;  // none: nothing found
  FixedString<120> note{};                     // what, of what was learned
};

// stuck: an axis of kLeastSteps or more in which nothing is random: what is not as steady as a tone holds no
// more power than kRoundingNoise. Asked before anything is learned: a tone from a generator has no spread
// to calibrate on. Told from some five spectra a sub-frame on (3.2 kHz); of fewer not always. `step_g`: one
// LSB.
ConditionFinding without_noise(const Measurement& measured, double step_g);
inline constexpr double kLeastSteps = 2;  // below it rounding is no noise of its own
// Rounding to whole steps adds noise of 1/12 step^2: twice that has as much noise of another origin,
// 0.3 steps.
inline constexpr double kRoundingNoise = 2.0 / 12;
// Of the axis' power: levels below 1e-8 of it are not measured (docs/features.md).
inline constexpr double kLeastMeasured = 2e-8;
// Of the kurtosis feature: 0 for noise, ln 1/2 for a tone, less what few spectra take off: -0.29 of
// two, the fewest.
inline constexpr double kSteady = -0.25;

// One finished baseline per axis of the window. The first that holds:
//   gain_changed  all levels of all axes lie one factor from what was learned and are otherwise as
//                 healthy as a sub-frame is, and so are the features that do not know the gain. Where gravity
//                 was seen it must have changed by that factor too: a louder machine does not weigh more.
//   axes_swapped  another order of the axes explains the levels within healthy spread, this one
//                 does not
//   turned        the mean has moved by more than kMeanMoves of its length
ConditionFinding judge_condition(const Measurement& measured,
                                 std::span<const std::unique_ptr<FeatureBaseline>> learned,
                                 const LearnedMeans& means);

}  // namespace torpor
