// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/fake/scores.h"

#include <cmath>

namespace torpor {

AlarmTerms alarm_for_test() {
  AlarmTerms terms{};
  terms.cycles_between_false_alarms = 1000;
  terms.calibration_delta_ppm = 100'000;
  terms.score_tolerance_mmad = 50;
  terms.fit_cycles = 20;
  terms.calibration_cycles = 240;
  terms.shock_cycles = 3;
  return terms;
}

BaselineKey key_for_test() {
  BaselineKey key;
  key.model[0] = std::byte{0xab};
  key.feature_version = 1;
  key.backend = "cpu";
  key.sensor = "front-left";
  key.rate_mhz = 3'200'000;
  key.axes = 3;
  key.window_ms = 5000;
  return key;
}

ScoreSource::ScoreSource(std::uint64_t seed, double phi) : random_(seed), phi_(phi) {
  for (double& x : x_) x = normal_(random_);
}

CycleScores ScoreSource::next(double sigmas, const ScoreSet& damaged) {
  constexpr double kMean[kScores] = {-3, 8, 1.5};
  constexpr double kSpread[kScores] = {0.7, 0.2, 0.05};
  CycleScores scores;
  for (std::size_t s = 0; s < kScores; ++s) {
    x_[s] = phi_ * x_[s] + std::sqrt(1 - phi_ * phi_) * normal_(random_);
    scores.value[s] = kMean[s] + kSpread[s] * (x_[s] + (damaged[s] ? sigmas : 0));
  }
  return scores;
}

std::vector<CalibrationSample> samples_for_test(ScoreSource& source, std::uint32_t n) {
  std::vector<CalibrationSample> samples;
  for (std::uint32_t i = 0; i < n; ++i) samples.push_back({i + 1, source.next().value});
  return samples;
}

Judge armed_judge_for_test(ScoreSource& source, const AlarmTerms& terms, const ScoreSet& scores) {
  Judge judge(terms, key_for_test(), scores);
  std::uint64_t cycle = 0;
  while (judge.state() == JudgeState::learning_fit) judge.fitted(++cycle);
  while (judge.state() == JudgeState::learning_calibration) judge.scored(++cycle, source.next());
  return judge;
}

}  // namespace torpor
