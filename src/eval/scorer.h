// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "eval/windows.h"
#include "features/baseline.h"
#include "model/backend.h"
#include "verdict/verdict.h"

// A robot's baseline and what it says of windows.
namespace torpor::eval {

// One baseline per axis.
struct MachineBaseline {
  std::vector<std::unique_ptr<FeatureBaseline>> axis;
};

// Learns from healthy windows. Windows may overlap: together they count as the samples
// they cover. All must have the same axes, and all or none a shaft speed. Errors:
// baseline_too_small.
Result<MachineBaseline> fit(const WindowList& healthy);

// Scores: means over sub-frames and axes. Uses a backend that was loaded for at least
// kScoreBatch token sets. One thread.
inline constexpr std::size_t kScoreBatch = 32;
class Scorer {
 public:
  explicit Scorer(Backend& backend) : backend_(backend), sets_(kScoreBatch), logits_(kScoreBatch) {}
  Result<CycleScores> score(const MachineBaseline& baseline, const MeasuredWindow& window);
  Result<std::vector<CycleScores>> score(const MachineBaseline& baseline, const WindowList& windows);

 private:
  Backend& backend_;
  std::vector<TokenSet> sets_;
  std::vector<float> logits_;
};

// Scores of healthy training windows by baselines that were not learned from them or from
// anything that overlaps them: what thresholds and scales are set on. Each recording is
// cut in 4 parts in time (8 where there is little); part k of all recordings is held out
// at once, as far as enough remains to learn from. Windows that no baseline can be learned
// for are left out.
struct HeldOut {
  WindowList windows;
  std::vector<CycleScores> scores;
};
Result<HeldOut> held_out_scores(Scorer& scorer, const WindowList& healthy);

}  // namespace torpor::eval
