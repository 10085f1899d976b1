// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "verdict/judge.h"

// Scores as a machine might give them, for tests.
namespace torpor {

// A sensible contract: A = 1000 cycles between false alarms, delta 10 %, m = 0.05 MAD.
AlarmTerms alarm_for_test();

BaselineKey key_for_test();

// Gaussian scores, each with its own mean and spread, all three with serial correlation
// phi from cycle to cycle and independent of one another. Same seed, same scores.
class ScoreSource {
 public:
  explicit ScoreSource(std::uint64_t seed, double phi = 0);
  // The next cycle's scores; `sigmas` of damage on top of each score in `damaged`.
  CycleScores next(double sigmas = 0, const ScoreSet& damaged = kAllScores);

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double phi_;
  std::array<double, kScores> x_{};
};

std::vector<CalibrationSample> samples_for_test(ScoreSource& source, std::uint32_t n);

// A judge that has learned from `source` by cycles 1..fit+calibration.
Judge armed_judge_for_test(ScoreSource& source, const AlarmTerms& terms = alarm_for_test(),
                           const ScoreSet& scores = kAllScores);

}  // namespace torpor
