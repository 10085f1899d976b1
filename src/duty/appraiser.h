// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "duty/sensor_baseline.h"
#include "features/measurement.h"
#include "model/backend.h"

namespace torpor {

// What one window came to.
struct Appraisal {
  Verdict verdict;
  CycleScores scores;              // zero unless `inferred`
  Indicators indicators;           // of good windows
  bool inferred = false;           // the network ran
  std::optional<Error> failure{};  // why the backend gave no score: then not_scored / backend_failed
};

// From a window to its verdict, for one sensor and one backend: measures it once, lets the
// robot's own baseline learn it or the network score it, and lets the judge say what it means.
//
// While learning the fit a good window feeds the baseline and no network runs; later every
// good window goes through the network in one batch. One thread. Allocates in make(), in the
// first window (when it is known whether the shaft's speed is) and in the one cycle that closes
// the fit; no other cycle does.
class Appraiser {
 public:
  struct Parts {
    Backend& backend;  // loaded for batch_size() token sets
    Files& files;
  };
  // Takes up the stored baseline of {model, features, backend, sensor, rate, axes, window},
  // what the newest record of this robot's log (null: none) knows beyond it, and a waiting
  // `torpor baseline` event. The parts outlive this. Errors: those of SensorBaseline::open.
  static Result<std::unique_ptr<Appraiser>> make(const Contract& contract, std::uint32_t sensor,
                                                 const Parts& parts, const SensorBaseline::Place& place,
                                                 const CycleReport* newest);

  // At most one of these per cycle, with a cycle number above last_cycle(). A failure with
  // worker_interrupted leaves the judge as it was before the cycle.
  Appraisal appraise(std::uint64_t cycle, const Window& window, WindowQuality quality);
  Appraisal missed(std::uint64_t cycle, VerdictReason why);
  // An alarm that one of the two has latched is one of the other: two backends judge one bearing.
  static void share_alarm(Appraiser& a, Appraiser& b);

  // Index into the contract's sensors.
  std::uint32_t sensor() const { return sensor_; }
  std::uint64_t last_cycle() const { return judge().last_cycle(); }
  const Judge& judge() const { return baseline_->judge(); }
  // SensorBaseline::maintenance_refusal.
  const std::optional<Error>& maintenance_refusal() const { return baseline_->maintenance_refusal(); }
  std::string_view backend_name() const { return backend_.name(); }

  // SensorBaseline's.
  Status save_learned(bool closing) { return baseline_->save_learned(closing); }
  Status save_evidence() { return baseline_->save_evidence(); }
  EvidenceBytes evidence() const { return baseline_->evidence(); }

  // Token sets of one window: what the backend must be loaded for.
  static std::size_t batch_size(const Contract& contract, std::uint32_t sensor);

 private:
  Appraiser(const Contract& contract, std::uint32_t sensor, Backend& backend,
            std::unique_ptr<SensorBaseline> baseline);
  Result<CycleScores> infer(const Measurement& measured);

  std::uint32_t sensor_;
  Backend& backend_;
  std::unique_ptr<SensorBaseline> baseline_;
  WindowMeasurer measurer_;
  std::vector<TokenSet> tokens_;
  std::vector<float> logits_;
};

}  // namespace torpor
