// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "contract/contract.h"
#include "contract/maintenance.h"
#include "verdict/baseline_key.h"
#include "verdict/calibration.h"
#include "verdict/event.h"
#include "verdict/evidence.h"
#include "verdict/sequential.h"
#include "verdict/verdict.h"
#include "window/window.h"

// The ladder: from a cycle's scores, or from why there are none, to its Verdict.
namespace torpor {

enum class JudgeState : std::uint8_t {
  learning_fit,          // the caller feeds its feature baseline with good windows
  learning_calibration,  // the fit is closed; scores of further healthy cycles are collected
  armed,
  not_armed,  // calibration refused; stays so until `baseline accept` or `reset`
};
std::string_view name(JudgeState state);

inline constexpr std::size_t kEventHistory = 8;

// An alarm by what names it.
struct LatchedAlarm {
  std::uint64_t first_crossing = 0;            // its cycle; 0: no alarm
  std::uint64_t arming_epoch = 0;              // it was raised in
  VerdictReason reason = VerdictReason::none;  // saturated: raised by shocks
  FurtherCrossings further;
};

// Where damage is said to be: a number of explain/explanation.h; 0: nowhere.
using DamagePlace = std::uint8_t;
inline constexpr DamagePlace kDamagePlaces = 32;
// A place counts once it was named in so many scored cycles in a row: one window may be wrong.
inline constexpr std::uint8_t kPlaceHolds = 3;

// One baseline's judge. Pure: no clock, no file. One thread.
//
// Per cycle call exactly one of fitted, scored, unusable, missed, with a cycle number that
// only grows and survives restarts (start above last_cycle()). A number not above the
// newest judged one changes nothing: not_scored / repeated_cycle. None of them allocates:
// the constructor allocates for the contract's calibration cycles.
//
// Order of life, as the duty loop drives it:
//   learning_fit          feed the feature baseline, then fitted(cycle)
//   learning_calibration  close the feature baseline once; scored(cycle, scores)
//   armed                 scored(cycle, scores) weighs, adds to R, decides
// Fit and calibration never share a cycle.
class Judge {
 public:
  // Starts at learning_fit. `terms` is copied.
  Judge(const AlarmTerms& terms, const BaselineKey& key, const ScoreSet& scores = kAllScores);

  JudgeState state() const { return state_; }
  const BaselineKey& key() const { return key_; }
  std::uint64_t last_cycle() const { return last_cycle_; }
  std::uint64_t arming_epoch() const { return arming_epoch_; }  // armings so far
  bool latched() const { return first_crossing_ != 0; }
  std::uint64_t first_crossing() const { return first_crossing_; }  // its cycle; 0 = no alarm
  LatchedAlarm alarm() const {
    return {first_crossing_, crossing_epoch_, crossing_reason_, since_latch_.further};
  }
  // Sequence of the last maintenance event applied; 0: none yet.
  std::uint64_t maintenance_sequence() const { return maintenance_sequence_; }
  // While armed.
  const Calibration& calibration() const { return calibration_; }
  const SequentialState& evidence() const { return sequential_.state(); }
  std::uint32_t learned() const;
  // Why not_armed.
  const Error& refusal() const { return refusal_; }
  // Events taken so far, and the newest kEventHistory of them, oldest first.
  std::uint64_t events() const { return events_; }
  std::span<const BaselineEvent> history() const { return {history_.data(), history_size_}; }

  // A good window went into the feature baseline. Any other state: changes nothing. Who holds
  // the feature baseline calls this exactly for the windows it took (duty/sensor_baseline.h).
  Verdict fitted(std::uint64_t cycle);
  // A good window that the feature baseline could not take: not_scored / learning_fit, and
  // `why` as its explanation. Not counted as learned.
  Verdict not_fitted(std::uint64_t cycle, std::string_view why);
  // The next fitted() is the fit's last: the feature baseline must be finished before it.
  bool fit_closes_next() const {
    return state_ == JudgeState::learning_fit && fit_count_ + 1 >= terms_.fit_cycles;
  }
  // Back to the beginning of learning_fit, because what was fitted is gone or cannot be: as a
  // reset, but no event of an operator. A latched alarm stays.
  void start_anew();

  // A good window was scored. A score that is not finite is not_scored / bad_score.
  //   R >= A        alarm, latched      R >= sqrt(A)  watch      else healthy
  // While an alarm is latched every scored cycle of an armed judge is an alarm.
  Verdict scored(std::uint64_t cycle, const CycleScores& scores);

  // The place the explanation of the cycle just scored names, where that was an alarm. The first
  // one of a latched alarm is its own; a further one, while R >= A, is a further crossing.
  void named(DamagePlace place);

  // A window came that must not be scored (quality != good). saturated is a shock; the
  // contract's number of shocks in a row latches an alarm, in every state: severe damage
  // must not hide as a sensor fault. Only a good window ends a row. incomplete is
  // not_scored / gap, the others are sensor faults. R stays.
  Verdict unusable(std::uint64_t cycle, WindowQuality quality);

  // No score this cycle for another reason: no_window, backend_failed, over_deadline,
  // budget_spent. R stays.
  Verdict missed(std::uint64_t cycle, VerdictReason why);

  // An alarm of the same bearing that was raised elsewhere (by the judge of another backend, or
  // under a baseline that is no longer this one's key) is latched here as well, under its own
  // id: the bearing is one, whoever judges it. Where one is latched already, that one stays; of
  // the same one the larger count of further crossings does.
  void take_over(const LatchedAlarm& alarm);

  // Takes an event into the history and follows it. A latched alarm stays. Errors:
  // event_unsupported (maintenance), event_without_reason, baseline_nothing_to_accept
  // (accept while still fitting). event.after must equal events(), else event_stale.
  Status apply(const BaselineEvent& event);

  // Clears the latched alarm this event names, and takes it into the history. Evidence and the
  // row of shocks begin at nothing, or the damage that was mended would raise the alarm again;
  // what is still there raises another one, with an id of its own. Where the bearing was
  // replaced the fit begins anew as well. Changes nothing on an error: maintenance_other_sensor,
  // maintenance_applied (the sequence of the last one), maintenance_rolled_back (a lower one),
  // maintenance_no_such_alarm. Which device it is for was judged before.
  Status apply(const SignedMaintenance& maintenance);

  // The whole state, docs/baseline.md, into memory of the caller (encoded_bound() bytes
  // suffice). `features` and `envelope` are carried as they are: the encoded feature
  // baseline (features/) and healthy envelope (explanation.h). baseline_too_large when
  // either is above kMaxCarriedBytes. No heap.
  std::size_t encoded_bound(std::size_t features, std::size_t envelope) const;
  Result<Bytes> encode(MutableBytes out, Bytes features, Bytes envelope) const;

  // Only what changes in an armed cycle (R, shocks, latch, newest cycle), to be written
  // every cycle beside a baseline that is written when it changes. At most
  // kMaxEvidenceBytes.
  Result<Bytes> encode_evidence(MutableBytes out) const;
  // Takes it up again after decode. Evidence of an older arming or an older cycle is left
  // aside (ok: the baseline file was written later), its alarm is not; that of before an event
  // which this judge has taken since is left aside whole. evidence_damaged, evidence_foreign.
  Status take_evidence(Bytes bytes);

 private:
  friend struct JudgeCodec;
  bool repeated(std::uint64_t cycle);
  Verdict verdict(VerdictKind kind, VerdictReason reason) const;
  Verdict collect(std::uint64_t cycle, const CycleScores& scores);
  void arm();
  void latch(std::uint64_t cycle, VerdictReason why);
  void weigh(std::uint64_t cycle);
  void cross_again(CrossingCause cause);
  void start_calibration();
  void record(const BaselineEvent& event);

  AlarmTerms terms_;
  BaselineKey key_;
  ScoreSet scores_;
  double log_alarm_ = 0;

  JudgeState state_ = JudgeState::learning_fit;
  std::uint32_t fit_count_ = 0;
  std::uint32_t sample_count_ = 0;
  std::uint32_t shocks_in_row_ = 0;
  std::uint64_t last_cycle_ = 0;
  std::uint64_t arming_epoch_ = 0;
  std::uint64_t first_crossing_ = 0;                     // 0: no alarm latched
  std::uint64_t crossing_epoch_ = 0;                     // arming epoch it was raised in
  VerdictReason crossing_reason_ = VerdictReason::none;  // saturated: raised by shocks
  // What has happened beside the latched alarm; all of it begins and ends with the latch.
  enum class Evidence : std::uint8_t {
    not_yet,  // this judge's own R has not reached A (the alarm was raised elsewhere)
    above,    // it has, and has not fallen below the watch threshold since
    fell,     // it would cross again
  };
  struct SinceLatch {
    FurtherCrossings further;
    Evidence evidence = Evidence::not_yet;
    std::uint32_t places = 0;       // bit place - 1: named since
    DamagePlace candidate = 0;      // named last
    std::uint8_t named_in_row = 0;  // so often, up to kPlaceHolds
  };
  SinceLatch since_latch_;
  std::uint64_t maintenance_sequence_ = 0;
  std::uint64_t cleared_cycle_ = 0;  // newest cycle when it was applied: no older crossing latches again
  Calibration calibration_{};
  Sequential sequential_;
  Error refusal_{};
  std::uint64_t events_ = 0;
  std::array<BaselineEvent, kEventHistory> history_{};
  std::size_t history_size_ = 0;
  std::vector<CalibrationSample> samples_;  // sized once
  std::vector<double> scratch_;             // sized once
};

inline constexpr std::size_t kMaxCarriedBytes = 1u << 20;
inline constexpr std::size_t kMaxBaselineBytes = 8u << 20;

// A baseline read back. The views point into the bytes given to decode_baseline.
struct LoadedBaseline {
  Judge judge;
  Bytes features;
  Bytes envelope;
};

// Errors: baseline_damaged (magic, length, CRC, content that cannot be), baseline_version
// (written by a later torpor), baseline_foreign (another key: names the member). A
// contract with another delta or tolerance gets new bounds on the old ranks; another A
// counts from now.
Result<LoadedBaseline> decode_baseline(Bytes bytes, const AlarmTerms& terms, const BaselineKey& key,
                                       const ScoreSet& scores = kAllScores);
// For looking at a file without its contract: the key, and the judge as it was stored (its
// bounds and all; not for judging).
Result<BaselineKey> peek_key(Bytes bytes);
Result<LoadedBaseline> peek_baseline(Bytes bytes);

}  // namespace torpor
