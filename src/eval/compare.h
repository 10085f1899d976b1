// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "eval/metrics.h"
#include "eval/scorer.h"
#include "verdict/verdict.h"

// Scores side by side: each alone, and averaged as on the robot.
namespace torpor::eval {

// logit, log_band, kurtosis, averaged.
inline constexpr std::size_t kKinds = kScores + 1;
inline constexpr std::size_t kAveraged = kScores;
const char* kind_name(std::size_t kind);

// Scales and thresholds from held-out scores of healthy training windows, and nothing else.
struct Units {
  std::array<Scale, kScores> scale;
  std::array<double, kKinds> threshold{};  // self_set_threshold
  std::size_t n = 0;                       // held-out scores; below 2 there are no units
  // Mean of z: logit and log_band at a speed the baseline knows, logit and kurtosis at a
  // new one.
  double averaged(const CycleScores& s) const;
};
Units units_of(std::span<const CycleScores> held_out);

// Column `kind` of every window's scores.
std::vector<double> column(const Units& units, std::span<const CycleScores> scores, std::size_t kind);

// {"logit": {"auc", "tpr_at_fpr0", "fpr", "tpr"}, ..}: the last two at the threshold that
// was set on training data only. Neither set is empty.
nlohmann::ordered_json compare(const Units& units, std::span<const CycleScores> healthy,
                               std::span<const CycleScores> faulty);

// One row of results: `head` with the counts {"healthy_windows", "fault_windows"} and, where
// neither is 0, their "scores" as compare() gives them; else why not, in "refused".
nlohmann::ordered_json compared(nlohmann::ordered_json head, const Units& units,
                                std::span<const CycleScores> healthy, std::span<const CycleScores> faulty);

// Why no scales and thresholds can be set for a machine: too few held-out windows.
inline constexpr const char* kTooLittleHealthy = "too little healthy training for this window";

// {"machines": machines}. eval_nothing where not one of them, or of its results, carries a figure:
// `needs` says what the protocol asks of a pack.
Result<nlohmann::ordered_json> results_of(nlohmann::ordered_json machines, const std::string& manifest,
                                          std::string_view needs);

}  // namespace torpor::eval
