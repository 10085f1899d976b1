// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "base/sealed.h"
#include "verdict/event_codec.h"
#include "verdict/judge.h"
#include "verdict/judge_codec.h"
#include "verdict/parts_codec.h"
#include "verdict/raw_values.h"

// The baseline file, docs/baseline.md. Members of the payload map, in this order.
namespace torpor {
namespace {

// Version 1 had no member kMaintenance: nothing could clear an alarm.
constexpr SealKind kBaselineSeal = {"TPBL", 2, Reason::baseline_damaged, Reason::baseline_version, 1};
// Below 3 KiB in truth: eight events of 160 characters, ten ranks of three scores, one refusal.
constexpr std::size_t kFixedBytes = 8192;  // all but samples and the carried byte strings

// The order is part of the format, and some members need earlier ones when they are read: calibration and
// refusal the state, samples the newest cycle.
enum Member : std::uint64_t {
  kKey = 1,
  kState,
  kFitCount,
  kLastCycle,
  kShocks,
  kArmingEpoch,
  kLatch,
  kEvidence,
  kCalibration,
  kSamples,
  kRefusal,
  kEvents,
  kFeatures,
  kEnvelope,
  kMaintenance,
};
constexpr std::size_t kMembers = kMaintenance;
constexpr std::size_t kMembersOfVersion1 = kEnvelope;

// Written by name, so that a new reason in the middle of the enumeration leaves old files readable.
constexpr Reason kRefusals[] = {Reason::calibration_too_short, Reason::calibration_not_finite,
                                Reason::calibration_correlated, Reason::internal};

template <class T>
Status take_into(T& member, const Result<T>& read) {
  if (!read) return read.error();
  member = *read;
  return {};
}

}  // namespace

bool JudgeCodec::sound(const Judge& j) {
  const SequentialState& evidence = j.sequential_.state();
  return j.first_crossing_ <= j.last_cycle_ && j.cleared_cycle_ <= j.last_cycle_ &&
         (!j.latched() || j.first_crossing_ > j.cleared_cycle_) && j.history_size_ <= j.events_ &&
         j.sample_count_ <= j.samples_.size() && sound(j.since_latch_, j.first_crossing_) &&
         j.since_latch_.further.newest_cycle <= j.last_cycle_ &&
         (j.state_ != JudgeState::armed || (evidence.detectors == j.calibration_.detectors &&
                                            evidence.last_cycle <= j.last_cycle_ && j.arming_epoch_ != 0));
}

void JudgeCodec::put_state(cbor::Writer& w, const Judge& j, Bytes features, Bytes envelope) {
  const bool armed = j.state_ == JudgeState::armed;
  w.map(kMembers);
  w.uint(kKey), put_key(w, j.key_);
  w.uint(kState), w.uint(static_cast<std::uint64_t>(j.state_));
  w.uint(kFitCount), w.uint(j.fit_count_);
  w.uint(kLastCycle), w.uint(j.last_cycle_);
  w.uint(kShocks), w.uint(j.shocks_in_row_);
  w.uint(kArmingEpoch), w.uint(j.arming_epoch_);
  w.uint(kLatch), put_latch(w, j);
  w.uint(kEvidence), put_sequential(w, j.sequential_.state());
  w.uint(kCalibration);
  armed ? put_calibration(w, j.calibration_) : w.array(0);
  // Once armed they have served: 32 bytes a cycle that nobody reads.
  const bool collecting = j.state_ == JudgeState::learning_calibration;
  w.uint(kSamples);
  w.bytes(raw_bytes(std::span(j.samples_).first(collecting ? j.sample_count_ : 0)));
  w.uint(kRefusal);
  if (j.state_ == JudgeState::not_armed) {
    w.array(4);
    w.text(name(j.refusal_.reason));
    w.text(j.refusal_.where);
    w.text(j.refusal_.found);
    w.text(j.refusal_.expected);
  } else {
    w.array(0);
  }
  w.uint(kEvents);
  w.array(1 + j.history_size_);
  w.uint(j.events_);
  for (const auto& event : j.history()) put_event(w, event);
  w.uint(kFeatures), w.bytes(features);
  w.uint(kEnvelope), w.bytes(envelope);
  w.uint(kMaintenance), w.array(2), w.uint(j.maintenance_sequence_), w.uint(j.cleared_cycle_);
}

Status JudgeCodec::take_samples(Bytes raw, Judge& j) {
  // Held before the copy; what the bytes say is asked after it, in place.
  const std::size_t count = raw.size() / sizeof(CalibrationSample);
  if (raw.size() % sizeof(CalibrationSample) != 0) return impossible("samples", "another length");
  if (count > j.samples_.size()) {  // the contract asks for fewer now
    j.samples_.resize(count);
    j.scratch_.resize(count);
  }
  if (count > 0) std::memcpy(j.samples_.data(), raw.data(), raw.size());
  j.sample_count_ = static_cast<std::uint32_t>(count);
  // Rising cycles, because phi is taken from those that follow one another.
  for (std::size_t i = 0; i < count; ++i) {
    bool sound =
        j.samples_[i].cycle <= j.last_cycle_ && (i == 0 || j.samples_[i].cycle > j.samples_[i - 1].cycle);
    for (double v : j.samples_[i].value) sound = sound && std::isfinite(v);
    if (!sound) return impossible("samples", "cycles or scores that cannot be");
  }
  return {};
}

Status JudgeCodec::take_refusal(cbor::Reader& in, Judge& j) {
  TORPOR_TRY(const std::size_t items, in.array());
  if ((items != 0) != (j.state_ == JudgeState::not_armed) || (items != 0 && items != 4))
    return impossible("refusal", "does not fit the state");
  if (items == 0) return {};
  TORPOR_TRY(const std::string_view reason, in.text());
  // A name of another version is kept as a refusal all the same.
  j.refusal_.reason = Reason::internal;
  for (Reason known : kRefusals)
    if (name(known) == reason) j.refusal_.reason = known;
  TORPOR_TRY(j.refusal_.where, in.text());
  TORPOR_TRY(j.refusal_.found, in.text());
  TORPOR_TRY(j.refusal_.expected, in.text());
  return {};
}

Status JudgeCodec::take_events(cbor::Reader& in, Judge& j) {
  TORPOR_TRY(const std::size_t items, in.array());
  if (items < 1 || items > 1 + kEventHistory) return impossible("events", "too many");
  TORPOR_TRY(j.events_, in.uint());
  for (std::size_t i = 1; i < items; ++i) {
    TORPOR_TRY(j.history_[j.history_size_], take_event(in));
    ++j.history_size_;
  }
  if (j.history_size_ > j.events_) return impossible("events", "more than were counted");
  return {};
}

Status JudgeCodec::take_member(std::int64_t key, cbor::Reader& in, LoadedBaseline& out) {
  Judge& j = out.judge;
  switch (key) {
    case kKey:
      return in.skip();  // read before
    case kState: {
      TORPOR_TRY(const std::uint64_t state, in.uint());
      if (state > static_cast<std::uint64_t>(JudgeState::not_armed))
        return impossible("state", "an unknown state");
      j.state_ = static_cast<JudgeState>(state);
      return {};
    }
    case kFitCount:
      return take_into(j.fit_count_, take_uint32(in));
    case kLastCycle:
      return take_into(j.last_cycle_, in.uint());
    case kShocks:
      return take_into(j.shocks_in_row_, take_uint32(in));
    case kArmingEpoch:
      return take_into(j.arming_epoch_, in.uint());
    case kLatch: {
      TORPOR_TRY(const Latch latch, take_latch(in));
      set_latch(j, latch);  // cannot be latched yet, so this takes it as it is
      return {};
    }
    case kEvidence: {
      TORPOR_TRY(const SequentialState s, take_sequential(in));
      j.sequential_ = Sequential(s);
      return {};
    }
    case kCalibration: {
      if (j.state_ != JudgeState::armed) return take_array(in, 0, "calibration");
      TORPOR_TRY(j.calibration_, take_calibration(in));
      // Here and not with the evidence: that comes first and cannot know the calibration.
      if (j.sequential_.state().detectors != j.calibration_.detectors)
        return impossible("evidence", "another number of detectors");
      return {};
    }
    case kSamples: {
      TORPOR_TRY(const Bytes raw, in.bytes());
      return take_samples(raw, j);
    }
    case kRefusal:
      return take_refusal(in, j);
    case kEvents:
      return take_events(in, j);
    case kFeatures:
      return take_into(out.features, in.bytes());
    case kEnvelope:
      return take_into(out.envelope, in.bytes());
    case kMaintenance: {
      TORPOR_CHECK(take_array(in, 2, "maintenance"));
      TORPOR_TRY(j.maintenance_sequence_, in.uint());
      TORPOR_TRY(j.cleared_cycle_, in.uint());
      return {};
    }
    default:
      return impossible("member", "an unknown key");
  }
}

Status JudgeCodec::take_state(Bytes body, LoadedBaseline& out) {
  cbor::Reader in(body, "baseline");
  cbor::MapReader map(in);
  // Each key once, in order, all of them: nothing keeps the value it was constructed with.
  std::int64_t expected = kKey;
  while (map.next()) {
    if (map.key() != expected++) return impossible("member", "a missing key");
    TORPOR_CHECK(take_member(map.key(), in, out));
  }
  TORPOR_CHECK(map.status());
  if (expected != kMembers + 1 && expected != kMembersOfVersion1 + 1) return impossible("member", "too few");
  TORPOR_CHECK(in.finish());
  // Each member was held by itself; together they must be a state that can be reached.
  if (!sound(out.judge)) return impossible("state", "members that contradict one another");
  return {};
}

Status JudgeCodec::rebind(Judge& j) {
  // Only where a number of the contract is another: a restart alone, or another Boost, must move no
  // bound.
  if (j.state_ != JudgeState::armed || (j.calibration_.delta_ppm == j.terms_.calibration_delta_ppm &&
                                        j.calibration_.tolerance_mmad == j.terms_.score_tolerance_mmad))
    return {};
  return set_bounds(j.calibration_, j.terms_);
}

std::size_t Judge::encoded_bound(std::size_t features, std::size_t envelope) const {
  return kFixedBytes + samples_.size() * sizeof(CalibrationSample) + features + envelope;
}

Result<Bytes> Judge::encode(MutableBytes out, Bytes features, Bytes envelope) const {
  if (features.size() > kMaxCarriedBytes || envelope.size() > kMaxCarriedBytes) {
    Error e{Reason::baseline_too_large, "baseline", {}, {}};
    e.found << std::max(features.size(), envelope.size()) << " bytes to carry";
    e.expected << "at most " << kMaxCarriedBytes;
    return e;
  }
  // Before writing: a state that broke a rule must not become durable.
  TORPOR_ASSERT(JudgeCodec::sound(*this), "judge.written_sound");
  cbor::Writer w(payload_room(out));
  JudgeCodec::put_state(w, *this, features, envelope);
  return seal(out, kBaselineSeal, w);
}

Result<BaselineKey> peek_key(Bytes bytes) {
  TORPOR_TRY(const Bytes body, unseal(bytes, kBaselineSeal, "baseline"));
  cbor::Reader in(body, "baseline");
  const auto parse = [&]() -> Result<BaselineKey> {
    TORPOR_TRY([[maybe_unused]] const std::size_t pairs, in.map());
    TORPOR_TRY(const std::uint64_t first, in.uint());
    if (first != kKey) return impossible("member", "no key in front");
    return take_key(in);
  };
  auto key = parse();
  if (key) return key;
  // Whatever the reader stumbled over: to the caller it is one thing.
  Error e = key.error();
  e.reason = Reason::baseline_damaged;
  return e;
}

static Result<LoadedBaseline> decode_stored(Bytes bytes, const AlarmTerms& terms, const BaselineKey& key,
                                            const ScoreSet& scores) {
  LoadedBaseline out{Judge(terms, key, scores), {}, {}};
  // peek_key() has held magic, length and CRC of these very bytes.
  if (const Status taken = JudgeCodec::take_state(bytes.subspan(kSealBytes), out); !taken) {
    Error e = taken.error();
    e.reason = Reason::baseline_damaged;
    return e;
  }
  return out;
}

Result<LoadedBaseline> peek_baseline(Bytes bytes) {
  // The file's own key, since there is no contract to compare with; no thresholds, so not for judging.
  TORPOR_TRY(const BaselineKey key, peek_key(bytes));
  return decode_stored(bytes, AlarmTerms{}, key, kAllScores);
}

Result<LoadedBaseline> decode_baseline(Bytes bytes, const AlarmTerms& terms, const BaselineKey& key,
                                       const ScoreSet& scores) {
  TORPOR_TRY(const BaselineKey found, peek_key(bytes));
  // The key before the state: numbers of another key may be sound and are still not ours.
  TORPOR_CHECK(same_key(found, key, "baseline"));
  TORPOR_TRY(LoadedBaseline out, decode_stored(bytes, terms, key, scores));
  TORPOR_CHECK(JudgeCodec::rebind(out.judge));
  return out;
}

}  // namespace torpor
