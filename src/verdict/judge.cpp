// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assertion.h"
#include "base/hex.h"

namespace torpor {

Judge::Judge(const AlarmTerms& terms, const BaselineKey& key, const ScoreSet& scores)
    : terms_(terms),
      key_(key),
      scores_(scores),
      // Of this contract: another A counts from now on.
      log_alarm_(std::log(static_cast<double>(terms.cycles_between_false_alarms))),
      samples_(terms.calibration_cycles),
      scratch_(terms.calibration_cycles) {}

std::uint32_t Judge::learned() const {
  return state_ == JudgeState::learning_fit ? fit_count_ : sample_count_;
}

bool Judge::repeated(std::uint64_t cycle) {
  // Counted before anything can be refused: a cycle that ended badly is not judged again either.
  if (cycle <= last_cycle_) return true;
  last_cycle_ = cycle;
  return false;
}

Verdict Judge::verdict(VerdictKind kind, VerdictReason reason) const {
  Verdict v;
  v.kind = kind;
  v.reason = reason;
  // Only while armed: a baseline that collects anew shows nothing of its former evidence.
  v.log_evidence = state_ == JudgeState::armed ? sequential_.log_evidence() : kNoEvidence;
  v.log_alarm_threshold = log_alarm_;
  v.log_watch_threshold = log_alarm_ / 2;  // ln sqrt(A)
  v.latched = latched();
  // Epoch and first crossing are the alarm's id: it must not change while the alarm stands.
  v.arming_epoch = latched() ? crossing_epoch_ : arming_epoch_;
  v.first_crossing_cycle = first_crossing_;
  v.further = since_latch_.further;
  if (state_ == JudgeState::learning_fit) {
    v.learned = fit_count_;
    v.to_learn = terms_.fit_cycles;
  } else if (state_ == JudgeState::learning_calibration) {
    v.learned = sample_count_;
    v.to_learn = terms_.calibration_cycles;
  } else if (state_ == JudgeState::not_armed) {
    v.explanation = one_line(refusal_).view();
  }
  return v;
}

Verdict Judge::fitted(std::uint64_t cycle) {
  if (repeated(cycle)) return verdict(VerdictKind::not_scored, VerdictReason::repeated_cycle);
  shocks_in_row_ = 0;
  if (state_ == JudgeState::learning_fit) {
    ++fit_count_;
    // Made before the state changes: the fit's last window is told as its n of n.
    const Verdict v = verdict(VerdictKind::not_scored, VerdictReason::learning_fit);
    if (fit_count_ >= terms_.fit_cycles) start_calibration();
    return v;
  }
  return verdict(VerdictKind::not_scored, VerdictReason::none);
}

Verdict Judge::not_fitted(std::uint64_t cycle, std::string_view why) {
  if (repeated(cycle)) return verdict(VerdictKind::not_scored, VerdictReason::repeated_cycle);
  TORPOR_ASSERT(state_ == JudgeState::learning_fit, "judge.only_a_fit_leaves_a_window_out");
  shocks_in_row_ = 0;
  Verdict v = verdict(VerdictKind::not_scored, VerdictReason::learning_fit);
  v.explanation = why;
  return v;
}

Verdict Judge::scored(std::uint64_t cycle, const CycleScores& scores) {
  if (repeated(cycle)) return verdict(VerdictKind::not_scored, VerdictReason::repeated_cycle);
  // Also where a score is bad: the window was good, and that is what ends a row.
  shocks_in_row_ = 0;
  for (double s : scores.value)
    if (!std::isfinite(s)) return verdict(VerdictKind::not_scored, VerdictReason::bad_score);
  switch (state_) {
    case JudgeState::learning_fit:
      return verdict(VerdictKind::not_scored, VerdictReason::learning_fit);
    case JudgeState::learning_calibration:
      return collect(cycle, scores);
    case JudgeState::not_armed:
      return verdict(VerdictKind::not_scored, VerdictReason::not_armed);
    case JudgeState::armed:
      break;
  }
  std::array<ScoreEvidence, kScores> evidence;
  // The evidence before the verdict: an alarm is raised by the cycle that crosses, not one later.
  const bool counted = sequential_.add(cycle, combine(calibration_, scores, scores_, evidence));
  TORPOR_ASSERT(counted, "judge.no_evidence_is_newer_than_the_cycle_being_judged");
  const double log_r = sequential_.log_evidence();
  weigh(cycle);
  // Latched first: an alarm that stands is told although R may have fallen since.
  Verdict v = latched()                   ? verdict(VerdictKind::alarm, crossing_reason_)
              : log_r >= log_alarm_ / 2.0 ? verdict(VerdictKind::watch, VerdictReason::none)
                                          : verdict(VerdictKind::healthy, VerdictReason::none);
  v.score = evidence;
  return v;
}

Verdict Judge::collect(std::uint64_t cycle, const CycleScores& scores) {
  // Full where the contract asks for fewer samples than were read from its file; then it arms at once.
  if (sample_count_ < samples_.size()) samples_[sample_count_++] = {cycle, scores.value};
  // Made before arming, so that the last sample is told as n of n; the epoch follows, as it is new.
  Verdict v = verdict(VerdictKind::not_scored, VerdictReason::learning_calibration);
  if (sample_count_ < terms_.calibration_cycles) return v;
  arm();
  if (state_ == JudgeState::not_armed) return verdict(VerdictKind::not_scored, VerdictReason::not_armed);
  v.arming_epoch = latched() ? crossing_epoch_ : arming_epoch_;
  return v;
}

void Judge::arm() {
  const auto calibration = calibrate(std::span(samples_).first(sample_count_), terms_, scratch_, scores_);
  // Told at every cycle from here on (verdict()), and kept over a restart: a robot that cannot arm must
  // not look as one that is healthy.
  if (!calibration) {
    refusal_ = calibration.error();
    state_ = JudgeState::not_armed;
    return;
  }
  calibration_ = *calibration;
  // R starts at 0 again: evidence against another calibration is none against this one.
  sequential_ = Sequential(calibration_.detectors);
  TORPOR_ASSERT(calibration_.n >= kMinCalibrationCycles, "judge.arms_on_enough_cycles");
  ++arming_epoch_;
  state_ = JudgeState::armed;
}

Verdict Judge::unusable(std::uint64_t cycle, WindowQuality quality) {
  // Neither R nor what was learned is touched below: a window that was not scored is no evidence.
  if (repeated(cycle)) return verdict(VerdictKind::not_scored, VerdictReason::repeated_cycle);
  switch (quality) {
    case WindowQuality::good:
      return verdict(VerdictKind::not_scored, VerdictReason::none);
    case WindowQuality::incomplete:
      return verdict(VerdictKind::not_scored, VerdictReason::gap);
    case WindowQuality::not_a_number:
      return verdict(VerdictKind::sensor_fault, VerdictReason::not_a_number);
    case WindowQuality::stuck:
      return verdict(VerdictKind::sensor_fault, VerdictReason::stuck);
    case WindowQuality::wrong_rate:
      return verdict(VerdictKind::sensor_fault, VerdictReason::wrong_rate);
    case WindowQuality::saturated:
      break;
  }
  // Held at the contract's number, past which every shock in the row alarms.
  const bool grows = shocks_in_row_ < terms_.shock_cycles;
  if (grows) ++shocks_in_row_;
  if (shocks_in_row_ < terms_.shock_cycles) return verdict(VerdictKind::shock, VerdictReason::saturated);
  if (!latched()) {
    latch(cycle, VerdictReason::saturated);
  } else if (grows) {
    cross_again(CrossingCause::shocks);  // once per row
  }
  return verdict(VerdictKind::alarm, VerdictReason::saturated);
}

Verdict Judge::missed(std::uint64_t cycle, VerdictReason why) {
  const bool again = repeated(cycle);
  return verdict(VerdictKind::not_scored, again ? VerdictReason::repeated_cycle : why);
}

// What this cycle's evidence means for the latch. Between watch and A nothing changes: evidence
// that trembles around A crosses once.
void Judge::weigh(std::uint64_t cycle) {
  const double log_r = sequential_.log_evidence();
  Evidence& side = since_latch_.evidence;
  if (log_r < log_alarm_ / 2 && side == Evidence::above) side = Evidence::fell;
  if (log_r < log_alarm_) return;
  if (!latched()) return latch(cycle, VerdictReason::none);
  if (side == Evidence::fell) cross_again(CrossingCause::evidence);
  side = Evidence::above;
}

void Judge::cross_again(CrossingCause cause) {
  TORPOR_ASSERT(latched(), "judge.only_a_latched_alarm_is_crossed_again");
  FurtherCrossings& further = since_latch_.further;
  if (further.count < std::numeric_limits<std::uint32_t>::max()) ++further.count;
  further.newest_cycle = last_cycle_;
  further.cause = cause;
}

void Judge::named(DamagePlace place) {
  TORPOR_ASSERT(place <= kDamagePlaces, "judge.a_place_has_a_bit");
  if (!latched()) return;
  SinceLatch& since = since_latch_;
  const bool weighs = state_ == JudgeState::armed && sequential_.log_evidence() >= log_alarm_;
  const bool again = weighs && place != 0 && place == since.candidate;
  since.named_in_row = !weighs || place == 0 ? 0
                       : again               ? std::min<std::uint8_t>(since.named_in_row + 1, kPlaceHolds)
                                             : 1;
  since.candidate = since.named_in_row == 0 ? 0 : place;
  if (since.named_in_row < kPlaceHolds) return;
  const std::uint32_t bit = 1u << (place - 1);
  const bool own = since.places == 0;  // of the alarm itself
  if (!own && (since.places & bit) == 0) cross_again(CrossingCause::place);
  since.places |= bit;
}

// The first crossing names the alarm; later ones are counted beside it.
void Judge::latch(std::uint64_t cycle, VerdictReason why) {
  if (latched()) return;
  TORPOR_ASSERT(cycle != 0 && cycle == last_cycle_, "judge.an_alarm_is_raised_by_the_cycle_being_judged");
  first_crossing_ = cycle;
  crossing_epoch_ = arming_epoch_;
  crossing_reason_ = why;
  since_latch_ = {};
  // Raised by shocks, R has still its own crossing before it.
  since_latch_.evidence = why == VerdictReason::none ? Evidence::above : Evidence::fell;
}

void Judge::take_over(const LatchedAlarm& alarm) {
  if (alarm.first_crossing == 0) return;
  if (alarm.first_crossing <= cleared_cycle_) return;  // maintenance cleared it after it was reported
  if (!latched()) {
    first_crossing_ = alarm.first_crossing;
    crossing_epoch_ = alarm.arming_epoch;
    crossing_reason_ = alarm.reason;
    since_latch_ = {};
  }
  const bool same = first_crossing_ == alarm.first_crossing && crossing_epoch_ == alarm.arming_epoch;
  if (same && alarm.further.count > since_latch_.further.count) since_latch_.further = alarm.further;
  // A number that has named an alarm is used up, here too.
  last_cycle_ = std::max({last_cycle_, first_crossing_, since_latch_.further.newest_cycle});
}

// All of it goes: a reset that kept half of the old state once ended the process at every start.
void Judge::start_calibration() {
  state_ = JudgeState::learning_calibration;
  sample_count_ = 0;
  calibration_ = {};
  sequential_ = Sequential();
  refusal_ = {};
}

// Over start_calibration(), so that what is forgotten stands once. The latch is in neither.
void Judge::start_anew() {
  start_calibration();
  state_ = JudgeState::learning_fit;
  fit_count_ = 0;
}

Status Judge::apply(const BaselineEvent& event) {
  // Every refusal comes before the first change: an event is taken whole or not at all.
  const auto refuse = [&](Reason reason) {
    Error e{reason, "baseline event", {}, {}};
    e.found << name(event.kind) << " after " << event.after << " events";
    return e;
  };
  if (event.kind != EventKind::accept && event.kind != EventKind::reset)
    return refuse(Reason::event_unsupported);
  // Who says so and why is all that will be left to ask, months later.
  if (event.reason.empty()) return refuse(Reason::event_without_reason);
  if (event.after != events_) {
    Error e = refuse(Reason::event_stale);
    e.expected << "after " << events_;
    return e;
  }
  // Without a finished fit there is nothing whose scores could be collected.
  if (event.kind == EventKind::accept && state_ == JudgeState::learning_fit)
    return refuse(Reason::baseline_nothing_to_accept);

  if (event.kind == EventKind::reset) {
    start_anew();
  } else {
    start_calibration();
  }
  record(event);
  return {};
}

// A ring would need a second index in the file; eight are moved once per event of a person.
void Judge::record(const BaselineEvent& event) {
  TORPOR_ASSERT(history_size_ <= events_, "judge.the_history_holds_no_event_that_was_not_counted");
  if (history_size_ == kEventHistory) {
    std::rotate(history_.begin(), history_.begin() + 1, history_.end());
    --history_size_;
  }
  history_[history_size_] = event;
  history_[history_size_++].cycle = last_cycle_;  // when it took hold, not when it was given
  ++events_;
}

// The sequence before the alarm: an event that was applied finds no alarm any more, and should
// say why.
Status Judge::apply(const SignedMaintenance& maintenance) {
  const MaintenanceEvent& event = maintenance.event();
  if (event.sensor.view() != key_.sensor.view())
    return Error{.reason = Reason::maintenance_other_sensor}
        .at("maintenance: sensor")
        .saw(event.sensor)
        .want(key_.sensor);
  if (event.sequence <= maintenance_sequence_)
    return Error{.reason = event.sequence == maintenance_sequence_ ? Reason::maintenance_applied
                                                                   : Reason::maintenance_rolled_back}
        .at("maintenance: sequence")
        .saw(event.sequence)
        .want("above ", maintenance_sequence_);
  if (!latched() || event.first_crossing_cycle != first_crossing_ || event.arming_epoch != crossing_epoch_) {
    Error error{.reason = Reason::maintenance_no_such_alarm};
    error.at("maintenance: alarm").saw("epoch ", event.arming_epoch, " cycle ", event.first_crossing_cycle);
    if (!latched()) return error.want("none is latched");
    return error.want("epoch ", crossing_epoch_, " cycle ", first_crossing_);
  }
  first_crossing_ = 0;
  crossing_epoch_ = 0;
  crossing_reason_ = VerdictReason::none;
  since_latch_ = {};
  cleared_cycle_ = last_cycle_;
  maintenance_sequence_ = event.sequence;
  shocks_in_row_ = 0;
  if (event.work == Work::replaced) {
    start_anew();
  } else if (state_ == JudgeState::armed) {
    sequential_ = Sequential(calibration_.detectors);
  }
  BaselineEvent entry;
  entry.kind = EventKind::maintenance;
  entry.recorded_s = event.time_s;
  entry.after = events_;
  entry.reason << name(event.work) << ", sequence " << event.sequence << ", signed by "
               << hex(maintenance.key_id());
  record(entry);
  TORPOR_ASSERT(!latched(), "judge.an_applied_event_leaves_no_alarm");
  return {};
}

}  // namespace torpor
