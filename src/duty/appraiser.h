// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "features/baseline.h"
#include "features/indicators.h"
#include "features/raw.h"
#include "features/subframes.h"
#include "model/backend.h"
#include "verdict/explain/explanation.h"
#include "verdict/judge.h"
#include "verdict/store/baseline_files.h"

namespace torpor {

// What one window came to.
struct Appraisal {
  Verdict verdict;
  CycleScores scores;              // zero unless `inferred`
  Indicators indicators;           // of good windows
  bool inferred = false;           // the network ran
  std::optional<Error> failure{};  // why the backend gave no score: then not_scored / backend_failed
};

// Everything between a window and its verdict, for one sensor: features, the robot's own
// baseline, the network, the judge, the explanation, and the files they live in.
//
// While learning the fit a good window feeds the feature baseline and no network runs;
// later every good window goes through the network in one batch. One thread. Allocates
// in make(), in the first window (when it is known whether the shaft's speed is) and in
// the one cycle that closes the fit; no other cycle does.
class Appraiser {
 public:
  struct Home {
    Files& files;
    std::string state_dir;
    std::uint32_t service_uid = 0;
  };

  // Takes up the stored baseline of {model, features, backend, sensor, rate, axes, window}
  // and a waiting `torpor baseline` event. `backend` is loaded and outlives this. Errors:
  // those of load_baseline, apply_pending_event and FeatureBaseline::decode; nothing
  // stored is ever replaced because it could not be read.
  static Result<std::unique_ptr<Appraiser>> make(const Contract& contract, std::uint32_t sensor,
                                                 Backend& backend, Home home);

  // At most one of these per cycle, with a cycle number above last_cycle(). A failure with
  // worker_interrupted leaves everything as it was before the cycle.
  Appraisal appraise(std::uint64_t cycle, const Window& window, WindowQuality quality);
  Appraisal missed(std::uint64_t cycle, VerdictReason why);
  // appraise() for a good window of which another backend's appraiser came to `first` and no
  // score. An alarm that is latched there stays one.
  Appraisal second_opinion(std::uint64_t cycle, const Window& window, const Verdict& first);

  std::uint64_t last_cycle() const { return judge_.last_cycle(); }
  const Judge& judge() const { return judge_; }
  std::string_view backend_name() const { return backend_.name(); }

  // Durable after a crash: while armed what the cycle changed, every cycle; while learning
  // the sums, every kLearningSaveEvery cycles (so many cycles a crash can cost). `closing`
  // writes whatever is unsaved.
  Status save(bool closing = false);
  static constexpr std::uint32_t kLearningSaveEvery = 10;

  // Token sets of one window: what the backend must be loaded for.
  static std::size_t batch_size(const Contract& contract, std::uint32_t sensor);

 private:
  struct Axis {
    BaselineBuilder builder;
    std::unique_ptr<FeatureBaseline> baseline;  // once the fit is closed
  };

  Appraiser(const Contract& contract, std::uint32_t sensor, Backend& backend, Home home, Judge judge);
  Status restore(const StoredBaseline& stored);
  Status take_event();
  void start_learning(bool has_speed);
  bool ready_for(const Window& window);
  void learn(const Window& window);
  Status close_fit();
  Result<CycleScores> infer(const Window& window);
  Status save_baseline();

  SensorTerms sensor_;
  std::uint32_t samples_per_subframe_;
  Backend& backend_;
  Home home_;
  BaselinePaths paths_;
  Judge judge_;
  Explainer explainer_;
  IndicatorWorkspace indicator_work_;
  SubFrameCutter cutter_;
  std::optional<FeatureExtractor> extractor_;
  std::vector<Axis> axes_;
  RawFeatures raw_{};
  std::vector<TokenSet> tokens_;
  std::vector<float> logits_;
  std::vector<std::byte> carried_;  // features and envelope, encoded
  std::vector<std::byte> envelope_;
  std::vector<std::byte> encoded_;  // the baseline file
  std::uint32_t unsaved_ = 0;       // learning cycles since the last save
  JudgeState saved_state_ = JudgeState::learning_fit;
};

}  // namespace torpor
