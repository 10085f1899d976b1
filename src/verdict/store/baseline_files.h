// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "verdict/judge.h"

// Where baselines lie: STATE/baseline/<stem>.baseline (large, written when it changes),
// <stem>.evidence (small, written every armed cycle), <stem>.event (what an operator asked
// for, taken up at the next start). Only here does this folder touch files, through the
// seam. Formats: docs/baseline.md.
namespace torpor {

struct BaselinePaths {
  std::string directory;  // STATE/baseline
  std::string stem;
  std::string baseline, evidence, event;
};
BaselinePaths baseline_paths(const std::string& state_dir, const BaselineKey& key);
BaselinePaths baseline_paths(const std::string& state_dir, const std::string& stem);

// A judge ready to go on, and what was carried for the feature baseline and the explainer.
struct StoredBaseline {
  Judge judge;
  std::vector<std::byte> features;
  std::vector<std::byte> envelope;
  bool found = false;  // false: no file yet, the judge is new
};

// Reads baseline and evidence of this key. A missing baseline is a new one; any other
// trouble is an error (file_*, baseline_*, evidence_*): a damaged baseline is never
// replaced by a fresh one: whoever wants that moves the file away.
// file_unsafe unless owned by root or service_uid and written by nobody else.
Result<StoredBaseline> load_baseline(Files& files, const std::string& state_dir, const AlarmTerms& terms,
                                     const BaselineKey& key, std::uint32_t service_uid);

// Applies the waiting event, if there is one, to `judge`; true when it changed it. Then the
// caller writes the baseline (and clears its feature baseline when the judge is back at
// learning_fit) and calls forget_event: in this order a crash at any point applies it
// exactly once. An event already taken (stale) is not an error: false. Errors: file_unsafe,
// event_*, baseline_nothing_to_accept.
Result<bool> apply_pending_event(Files& files, const BaselinePaths& paths, std::uint32_t service_uid,
                                 Judge& judge);
// Removes the event file; ok when there is none.
Status forget_event(Files& files, const BaselinePaths& paths);

// For the verb. ------------------------------------------------------------------------

// One line of `torpor baseline show`.
struct BaselineSummary {
  std::string stem;
  BaselineKey key;
  JudgeState state{};
  std::uint32_t learned = 0;
  std::uint64_t last_cycle = 0;
  std::uint64_t arming_epoch = 0;
  std::uint64_t first_crossing = 0;  // 0: no alarm latched
  double log_evidence = 0;
  Calibration calibration;  // while armed
  std::string refusal;      // while not_armed
  std::uint64_t events = 0;
  std::vector<BaselineEvent> history;
  std::vector<BaselineEvent> pending;  // at most one
};

// Stems of all baselines, sorted. baseline_none when there is none.
Result<std::vector<std::string>> list_baselines(Files& files, const std::string& state_dir);
Result<BaselineSummary> summarize(Files& files, const std::string& state_dir, const std::string& stem);

// Leaves an event for the next start of the detector. Refuses with event_without_reason,
// event_pending (one is waiting), baseline_nothing_to_accept, baseline_none. `now_s` is
// wall time.
Status request_event(Files& files, const std::string& state_dir, const std::string& stem, EventKind kind,
                     std::string_view reason, std::int64_t now_s);

}  // namespace torpor
