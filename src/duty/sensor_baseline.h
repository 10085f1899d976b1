// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "features/baseline.h"
#include "features/measurement.h"
#include "report/cycle_report.h"
#include "verdict/explain/explanation.h"
#include "verdict/judge.h"
#include "verdict/store/baseline_files.h"

namespace torpor {

// All that was learned of one sensor, and the one owner of "a cycle was learned": the fit's
// builders, the finished feature baselines, the judge that counts, the explanation's healthy
// reference, and the files they survive in. They change together or not at all:
//
//   learning_fit   a builder per axis once a window was learned; each holds at least one
//                  sub-frame of every cycle the judge has counted; nothing is finished
//   later          a finished feature baseline per axis, and no builder
//
// Whether the baseline knows the shaft's speed is decided by the first window learned, for as
// long as the fit stands. A baseline that knows speeds leaves a window without one out of the
// fit and says so; one that does not ignores what speed is stated (docs/baseline.md says why).
//
// One thread. Allocates in open(), in the first window learned and in the cycle that closes
// the fit; no other cycle does.
class SensorBaseline {
 public:
  struct Place {
    std::string state_dir;
    std::uint32_t service_uid = 0;
    std::string device{};  // whose maintenance events count
    TrustSet trust{};      // and by whom they may be signed
  };
  // Takes up what is stored under `key`, then what `newest` knows beyond it (the newest record
  // of this robot's log; null: none), then a waiting `torpor baseline` event, then a waiting
  // maintenance event. One that is refused stops nothing, stays where it is, and leaves the
  // alarm latched: maintenance_refusal(). A stored state
  // that contradicts itself (a fit without its sums, an armed judge without its feature
  // baseline: earlier versions left such) starts the fit anew; a latched alarm stays. Errors:
  // those of load_baseline, apply_pending_event, BaselineBuilder::decode, FeatureBaseline::
  // decode and Explainer::decode: nothing that could not be read is ever replaced. What could not
  // be written is no error: each save tries again. `files` outlives this.
  static Result<std::unique_ptr<SensorBaseline>> open(Files& files, const Place& place,
                                                      const AlarmTerms& alarm, const SensorTerms& sensor,
                                                      const BaselineKey& key, const CycleReport* newest);

  const Judge& judge() const { return judge_; }
  // Why a maintenance event that waited at the start was not followed.
  const std::optional<Error>& maintenance_refusal() const { return maintenance_refusal_; }
  bool fitting() const { return judge_.state() == JudgeState::learning_fit; }
  // How a window must be measured to be held against this baseline.
  FeatureExtractor::Speed speed_for(const Window& window) const;
  // Of one axis, once the fit is closed.
  const FeatureBaseline& finished(std::size_t axis) const;

  // One of these per cycle; the verdict is the judge's (judge.h). learn(): while fitting, a
  // good window; its cycle counts as learned exactly if every axis took it. scored(): later,
  // the network's scores of a good window. A window that was not measured: unusable, missed.
  Verdict learn(std::uint64_t cycle, const Measurement& measured);
  Verdict scored(std::uint64_t cycle, const CycleScores& scores) { return judge_.scored(cycle, scores); }
  Verdict unusable(std::uint64_t cycle, WindowQuality quality) { return judge_.unusable(cycle, quality); }
  Verdict missed(std::uint64_t cycle, VerdictReason why) { return judge_.missed(cycle, why); }

  // A good window after the fit, before it is scored: into the explanation's recent mean, and
  // while it is known to be healthy into its reference.
  void show(const Measurement& measured);
  // What the recent windows show, into the verdict on `last`, the window shown and scored last:
  // a watch or an alarm.
  void explain(const Measurement& last, Verdict& verdict);

  // Judge::take_over.
  void take_over(const LatchedAlarm& alarm) { judge_.take_over(alarm); }

  // Before the cycle's record, which speaks of it: the baseline, where the judge's state has
  // changed, and while learning every kLearningSaveEvery cycles (so many cycles a crash can
  // cost). `closing` writes whatever is unsaved. Errors: those of Files; nothing is lost but
  // the next try.
  Status save_learned(bool closing = false);
  static constexpr std::uint32_t kLearningSaveEvery = 10;
  // For the cycle's record, and after it in the file that survives a lost log.
  EvidenceBytes evidence() const;
  Status save_evidence();

 private:
  SensorBaseline(Files& files, const Place& place, const SensorTerms& sensor, Judge judge);
  void bring_up_to(const CycleReport& newest);
  Status take_up(const StoredBaseline& stored, const Place& place);
  Status take_up_fit(Bytes features);
  Status take_up_finished(Bytes features);
  Status check_size(std::size_t found, std::size_t each) const;
  void start_anew();
  Status close_fit();
  bool whole() const;
  bool learning() const;
  Bytes encode_features();
  Status save_all();
  Status forget_events();
  Status write(const std::string& path, Bytes content);

  Files& files_;
  BaselinePaths paths_;
  SensorTerms sensor_;
  Judge judge_;
  Explainer explainer_;
  std::vector<BaselineBuilder> builders_;                   // one per axis while fitting; else none
  std::vector<std::unique_ptr<FeatureBaseline>> finished_;  // one per axis after the fit; else none

  std::vector<std::byte> features_;  // room for the encoded forms
  std::vector<std::byte> envelope_;
  std::vector<std::byte> encoded_;
  std::uint32_t unsaved_ = 0;  // learning cycles since the last save
  JudgeState saved_state_;
  std::optional<Error> maintenance_refusal_;
  bool stored_ = false;  // a file holds what was learned, as far as is known here
  bool lost_ = false;    // the directory was removed under us, and the baseline is not in it again
  bool owed_ = false;    // an event was taken, or all begun anew, and the file does not know it yet
};

}  // namespace torpor
