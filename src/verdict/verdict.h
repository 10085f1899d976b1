// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

#include "base/fixed_string.h"

// What a cycle is judged to be, with the evidence for it.
namespace torpor {

// The three scores of a window, each averaged over its sub-frames and axes, higher =
// more like damage. Units are the model's own until calibration turns them into MADs.
enum class Score : std::uint8_t { logit, log_band, kurtosis };
inline constexpr std::size_t kScores = 3;

struct CycleScores {
  std::array<double, kScores> value{};
  bool calibrated_speed = true;  // false: a shaft speed the baseline has not seen
};

enum class VerdictKind : std::uint8_t { healthy, watch, alarm, sensor_fault, shock, not_scored };
inline constexpr std::size_t kVerdictKinds = 6;
std::string_view name(VerdictKind kind);

// Why a cycle was not scored, or why it is a sensor fault.
enum class VerdictReason : std::uint8_t {
  none,
  learning_fit,          // collecting the healthy baseline
  learning_calibration,  // collecting the calibration scores
  not_armed,             // calibration refused; the report says why
  no_window,             // nothing complete came this cycle
  gap,
  not_a_number,
  stuck,
  wrong_rate,
  saturated,
  backend_failed,
  over_deadline,
  budget_spent,
  repeated_cycle,  // this cycle number was judged already; nothing was counted
  bad_score,       // a score is not a number
  window_refused,  // the sampler gave no window: the period after the one before was not over
};
inline constexpr std::size_t kVerdictReasons = 16;
std::string_view name(VerdictReason reason);

// How one score stands against its calibration.
struct ScoreEvidence {
  double z = 0;       // (s - median) / MAD of the calibration scores
  double e = 1;       // e-value of this cycle
  bool used = false;  // took part in the mean of this cycle
};

// What would have raised an alarm that is latched already. It changes nothing of the alarm, and
// so that it does not hide behind it, it is counted.
enum class CrossingCause : std::uint8_t {
  none,
  evidence,  // R had fallen below the watch threshold since and has reached A again
  shocks,    // a further row of shocks is full
  place,     // with R above A, another defect or axis is named than before
};
inline constexpr std::size_t kCrossingCauses = 4;
std::string_view name(CrossingCause cause);

struct FurtherCrossings {
  std::uint32_t count = 0;                    // since the alarm was latched, its own not among them
  std::uint64_t newest_cycle = 0;             // 0: none
  CrossingCause cause = CrossingCause::none;  // of the newest
  bool operator==(const FurtherCrossings&) const = default;
};

struct Verdict {
  VerdictKind kind = VerdictKind::not_scored;
  VerdictReason reason = VerdictReason::none;
  std::array<ScoreEvidence, kScores> score{};
  double log_evidence = 0;         // ln R, the largest over interleaved detectors; -1 for R = 0
  double log_alarm_threshold = 0;  // ln A
  double log_watch_threshold = 0;  // ln sqrt(A)
  bool latched = false;            // an alarm was raised and not cleared by maintenance
  std::uint32_t learned = 0;       // cycles collected so far while learning
  std::uint32_t to_learn = 0;
  std::uint64_t arming_epoch = 0;          // which arming; part of the alarm id
  std::uint64_t first_crossing_cycle = 0;  // 0 = none; part of the alarm id
  FurtherCrossings further;                // of the latched alarm
  FixedString<200>
      explanation;  // "inner race, 162.2 Hz x1..x5, 12.1 kHz band, axis y"; empty without evidence
};

}  // namespace torpor
