// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "contract/contract.h"
#include "verdict/verdict.h"

// From the scores of healthy cycles to a bet against "this cycle is healthy".
//
// Calibration: z = (s - median) / MAD of n healthy scores. At each rank r the r-th
// largest calibration z, q_r, is exceeded by a further healthy cycle with a probability
// that is itself Beta(r, n - r + 1) distributed over calibrations, so
//   u_r = BetaInv(1 - delta / (K * scores); r, n - r + 1)
// bounds all of them, over all K ranks and all scores, with probability >= 1 - delta.
// Then, given such a calibration and a healthy cycle,
//   e = 0.4 + (0.6 / K) * sum over r of 1{z > q_r + m} / u_r        has  E[e] <= 1
// whatever the distribution of the scores: only that healthy cycles are exchangeable is
// used. The tolerance m (contract, MADs) and dropped ranks only lower e. K counts every
// rank r <= n/4, also one dropped because u_r >= 0.5, so that the weights of the kept ones
// do not hang on the rounding of a bound (docs/verdict.md).
namespace torpor {

inline constexpr std::uint32_t kMinCalibrationCycles = 120;
inline constexpr std::size_t kMaxRanks = 10;  // 1, 2, 4, .. 512

// One healthy cycle of the calibration part.
struct CalibrationSample {
  std::uint64_t cycle = 0;
  std::array<double, kScores> value{};
};

// Which scores take part. All, except where a test or an evaluation wants one alone.
using ScoreSet = std::array<bool, kScores>;
inline constexpr ScoreSet kAllScores = {true, true, true};

struct ScoreCalibration {
  double median = 0;
  double mad = 1;                     // median |s - median|, at least kMadFloor * max(1, |median|)
  std::array<double, kMaxRanks> q{};  // z of the r-th largest, r = 2^i
  double phi = 0;                     // lag-1 correlation of consecutive cycles
};
// Below this share of the score's size a spread is rounding, not physics. The ranks hold
// for any scale; the floor only keeps z finite and m meaningful for a constant score.
inline constexpr double kMadFloor = 1e-6;

// Plain data; copy freely. What arming leaves behind and a restart must find again.
struct Calibration {
  std::uint32_t n = 0;          // healthy cycles
  std::uint32_t ranks = 0;      // K
  std::uint32_t pairs = 0;      // consecutive cycles phi was taken from
  std::uint32_t detectors = 1;  // 1, or 8 interleaved (sequential.h)
  std::uint32_t delta_ppm = 0;  // the contract values the bounds were made with
  std::uint32_t tolerance_mmad = 0;
  std::array<double, kMaxRanks> u{};  // u_r; 0 where dropped or r > n/4
  std::array<ScoreCalibration, kScores> score{};
};

// Judges by these formulas; refuses to arm with
//   calibration_too_short       n < 120
//   calibration_not_finite      a score is NaN or infinite
//   calibration_correlated      every score that some speed would use has phi > 0.7
// A score with phi > 0.7 foretells itself too well for any number of interleaved detectors: it
// takes no part (takes_part()), and the others go on. A level that drifts over days must not
// silence the network. phi is the largest over the scores that take part, each from the z (clipped at 5 MADs,
// so that one shock cannot hide a correlation) of cycles whose numbers follow one another: spaced as in
// service. One detector only if phi + 1.64 / sqrt(pairs) <= 0.2, else 8 interleaved.
// `scratch` holds at least n doubles; nothing is allocated. Deterministic on one host.
Result<Calibration> calibrate(std::span<const CalibrationSample> samples, const AlarmTerms& terms,
                              std::span<double> scratch, const ScoreSet& scores = kAllScores);

// Whether a score's own serial correlation lets it count.
bool takes_part(const Calibration& calibration, Score score);

// The bounds u_r anew for another delta (a new contract): the ranks stay. internal when
// the inverse cannot be computed.
Status set_bounds(Calibration& calibration, const AlarmTerms& terms);

// z and e of one value. No heap. value must be finite.
ScoreEvidence weigh(const Calibration& calibration, Score score, double value);

// Mean e over the scores that this cycle uses: logit and log_band at a speed the
// calibration knows, logit and kurtosis at a new one (a level means nothing there), less
// those switched off and those that take no part. `evidence` gets every score's own z and e, also of the
// unused.
double combine(const Calibration& calibration, const CycleScores& scores, const ScoreSet& on,
               std::array<ScoreEvidence, kScores>& evidence);

}  // namespace torpor
