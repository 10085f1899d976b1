// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "contract/maintenance.h"
#include "verdict/judge.h"

// Where baselines lie: STATE/baseline/<stem>.baseline (large, written when it changes),
// <stem>.evidence (small, written every cycle), <stem>.event (what an operator asked
// for, taken up at the next start), <stem>.maintenance (a signed maintenance event, as it was
// signed, likewise). Only here does this folder touch files, through the
// seam. Formats: docs/baseline.md.
namespace torpor {

struct BaselinePaths {
  std::string directory;  // STATE/baseline
  std::string stem;
  std::string baseline, evidence, event, maintenance;
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
// The same for a waiting maintenance event, verified here and now: whoever left it there proves
// nothing. What was done where it cleared an alarm; nothing where none waits or the one that
// does was taken already. Errors, on which the judge is as before: file_*, those of
// verify_maintenance(), check_maintenance_device() and Judge::apply().
struct Believed {
  std::string_view device;  // site.toml's id
  const TrustSet& trust;
  std::uint32_t service_uid;
};
Result<std::optional<Work>> apply_pending_maintenance(Files& files, const BaselinePaths& paths,
                                                      const Believed& believed, Judge& judge);
// Removes both files; ok where there are none.
Status forget_event(Files& files, const BaselinePaths& paths);
Status forget_maintenance(Files& files, const BaselinePaths& paths);

// For the verb. ------------------------------------------------------------------------

// One line of `torpor baseline show`.
struct BaselineSummary {
  std::string stem;
  BaselineKey key;
  JudgeState state{};
  std::uint32_t learned = 0;
  std::uint64_t last_cycle = 0;
  std::uint64_t arming_epoch = 0;
  std::uint64_t first_crossing = 0;        // 0: no alarm latched
  std::uint64_t crossing_epoch = 0;        // with it the alarm's id
  std::uint64_t maintenance_sequence = 0;  // of the last maintenance event applied
  double log_evidence = 0;
  Calibration calibration;  // while armed
  std::string refusal;      // while not_armed
  std::uint64_t events = 0;
  std::vector<BaselineEvent> history;
  std::vector<BaselineEvent> pending;  // at most one
  bool maintenance_waits = false;
};

// Stems of all baselines, sorted. baseline_none when there is none.
Result<std::vector<std::string>> list_baselines(Files& files, const std::string& state_dir);
Result<BaselineSummary> summarize(Files& files, const std::string& state_dir, const std::string& stem);

// Leaves an event for the next start of the detector. Refuses with event_without_reason,
// event_pending (one is waiting), baseline_nothing_to_accept, baseline_none. `now_s` is
// wall time.
Status request_event(Files& files, const std::string& state_dir, const std::string& stem, EventKind kind,
                     std::string_view reason, std::int64_t now_s);

// Leaves a verified event, `message` as it was signed, for the next start of the detector, in
// place of one that waits already, beside each baseline that holds its alarm (one of another
// backend or model may have taken it over), and names those. Nothing is left where it would be
// refused; where all refuse it, the error is Judge::apply()'s for the one it comes closest to.
// baseline_none.
Result<std::vector<std::string>> request_maintenance(Files& files, const std::string& state_dir,
                                                     const SignedMaintenance& event, Bytes message);

}  // namespace torpor
