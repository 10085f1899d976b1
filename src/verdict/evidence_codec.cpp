// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>

#include "base/assertion.h"
#include "base/sealed.h"
#include "verdict/judge_codec.h"
#include "verdict/parts_codec.h"

// What is written every cycle, docs/baseline.md: the evidence, the latch, and what happened beside it.
namespace torpor {
namespace {

// Version 1 did not count what happens beside a latched alarm.
constexpr SealKind kEvidenceSeal = {"TPEC", 2, Reason::evidence_damaged, Reason::evidence_damaged, 1};
constexpr std::size_t kEvidenceItems = 8;
constexpr std::size_t kEvidenceItemsOfVersion1 = 7;

}  // namespace

// Beside an alarm first crossed at `latched` (0: none).
bool JudgeCodec::sound(const Judge::SinceLatch& since, std::uint64_t latched) {
  const FurtherCrossings& further = since.further;
  const bool none = further == FurtherCrossings{};
  const bool some =
      further.count != 0 && further.newest_cycle > latched && further.cause != CrossingCause::none;
  const bool named = since.places != 0 || since.candidate != 0;
  return (none || some) && (latched != 0 || (none && !named)) && since.candidate <= kDamagePlaces &&
         since.named_in_row <= kPlaceHolds && (since.named_in_row != 0) == (since.candidate != 0);
}

void JudgeCodec::put_since_latch(cbor::Writer& w, const Judge::SinceLatch& since) {
  w.array(7);
  w.uint(since.further.count);
  w.uint(since.further.newest_cycle);
  w.uint(static_cast<std::uint64_t>(since.further.cause));
  w.uint(static_cast<std::uint64_t>(since.evidence));
  w.uint(since.places);
  w.uint(since.candidate);
  w.uint(since.named_in_row);
}

Result<Judge::SinceLatch> JudgeCodec::take_since_latch(cbor::Reader& in, std::uint64_t latched) {
  TORPOR_CHECK(take_array(in, 7, "since latch"));
  Judge::SinceLatch since;
  TORPOR_TRY(since.further.count, take_uint32(in));
  TORPOR_TRY(since.further.newest_cycle, in.uint());
  TORPOR_TRY(const std::uint64_t cause, in.uint());
  TORPOR_TRY(const std::uint64_t side, in.uint());
  TORPOR_TRY(since.places, take_uint32(in));
  TORPOR_TRY(const std::uint64_t candidate, in.uint());
  TORPOR_TRY(const std::uint64_t in_row, in.uint());
  if (cause >= kCrossingCauses || side > static_cast<std::uint64_t>(Judge::Evidence::fell) ||
      candidate > kDamagePlaces || in_row > kPlaceHolds)
    return impossible("since latch", "a number that stands for nothing");
  since.further.cause = static_cast<CrossingCause>(cause);
  since.evidence = static_cast<Judge::Evidence>(side);
  since.candidate = static_cast<DamagePlace>(candidate);
  since.named_in_row = static_cast<std::uint8_t>(in_row);
  if (!sound(since, latched)) return impossible("since latch", "numbers that contradict one another");
  return since;
}

void JudgeCodec::put_latch(cbor::Writer& w, const Judge& j) {
  w.array(3);
  w.uint(j.first_crossing_);
  w.uint(j.crossing_epoch_);
  w.uint(static_cast<std::uint64_t>(j.crossing_reason_));
}

Result<JudgeCodec::Latch> JudgeCodec::take_latch(cbor::Reader& in) {
  TORPOR_CHECK(take_array(in, 3, "latch"));
  TORPOR_TRY(const std::uint64_t cycle, in.uint());
  TORPOR_TRY(const std::uint64_t epoch, in.uint());
  TORPOR_TRY(const std::uint64_t reason, in.uint());
  if (reason >= kVerdictReasons) return impossible("latch", "an unknown reason");
  return Latch{cycle, epoch, static_cast<VerdictReason>(reason)};
}

void JudgeCodec::set_latch(Judge& j, const Latch& latch) {
  if (j.latched()) return;                      // the first one names the alarm
  if (latch.cycle <= j.cleared_cycle_) return;  // maintenance cleared it after this was written
  j.first_crossing_ = latch.cycle;
  j.crossing_epoch_ = latch.epoch;
  j.crossing_reason_ = latch.reason;
  j.since_latch_ = {};
}

// Of the alarm that is latched, and of no earlier one.
void JudgeCodec::set_since_latch(Judge& j, const Latch& latch, const Judge::SinceLatch& since) {
  const bool same = j.latched() && j.first_crossing_ == latch.cycle && j.crossing_epoch_ == latch.epoch;
  if (same && since.further.count >= j.since_latch_.further.count) j.since_latch_ = since;
}

void JudgeCodec::put_evidence(cbor::Writer& w, const Judge& j) {
  w.array(kEvidenceItems);
  w.text(file_stem(j.key_));
  w.uint(j.arming_epoch_);
  w.uint(j.events_);
  w.uint(j.last_cycle_);
  w.uint(j.shocks_in_row_);
  put_latch(w, j);
  put_sequential(w, j.sequential_.state());
  put_since_latch(w, j.since_latch_);
}

Status JudgeCodec::take_evidence(Bytes body, Judge& j) {
  cbor::Reader in(body, "evidence");
  TORPOR_TRY(const std::size_t items, in.array());
  if (items != kEvidenceItems && items != kEvidenceItemsOfVersion1)
    return impossible("evidence", "another length");
  // The stem instead of the key: this is written every cycle, and 16 hex digits tell keys apart well
  // enough.
  TORPOR_TRY(const std::string_view stem, in.text());
  if (stem != file_stem(j.key_).view())
    return Error{Reason::evidence_foreign, "evidence: key", stem, file_stem(j.key_).view()};
  TORPOR_TRY(const std::uint64_t epoch, in.uint());
  TORPOR_TRY(const std::uint64_t events, in.uint());
  TORPOR_TRY(const std::uint64_t last_cycle, in.uint());
  TORPOR_TRY(const std::uint32_t shocks, take_uint32(in));
  TORPOR_TRY(const Latch latch, take_latch(in));
  TORPOR_TRY(const SequentialState s, take_sequential(in));
  Judge::SinceLatch since;
  if (items == kEvidenceItems) {
    TORPOR_TRY(since, take_since_latch(in, latch.cycle));
  }
  TORPOR_CHECK(in.finish());
  // Everything is held before anything is set: a damaged file leaves the judge as it was.
  if (latch.cycle > last_cycle || s.last_cycle > last_cycle || since.further.newest_cycle > last_cycle)
    return impossible("evidence", "later than the newest cycle");
  // The baseline was written after an event that this evidence knows nothing of, and with all
  // that it holds: taken up again, it would undo the event.
  // But for what it counted beside an alarm that still stands: the baseline does not hold that.
  if (events < j.events_ && last_cycle <= j.last_cycle_) {
    set_since_latch(j, latch, since);
    return {};
  }
  // Whatever else is stale: an alarm stays raised, and no cycle is judged twice.
  set_latch(j, latch);
  set_since_latch(j, latch, since);
  // Older than the baseline file: that was written after it, with all that this says.
  if (last_cycle < j.last_cycle_) return {};
  // So does no arming: one whose baseline was lost before it was written has used its number.
  if (j.state_ != JudgeState::armed) j.arming_epoch_ = std::max(j.arming_epoch_, epoch);
  j.last_cycle_ = last_cycle;
  // An event begins its own row of shocks, and was durable before evidence of it could be.
  if (events == j.events_) j.shocks_in_row_ = shocks;
  // Of the same arming: R against another calibration, or from before an accept, is no evidence.
  const bool same_arming = j.state_ == JudgeState::armed && epoch == j.arming_epoch_ && events == j.events_ &&
                           s.detectors == j.calibration_.detectors &&
                           s.last_cycle >= j.sequential_.state().last_cycle;
  if (same_arming) j.sequential_ = Sequential(s);
  return {};
}

Result<Bytes> Judge::encode_evidence(MutableBytes out) const {
  TORPOR_ASSERT(JudgeCodec::sound(*this), "judge.evidence_written_sound");
  cbor::Writer w(payload_room(out));
  JudgeCodec::put_evidence(w, *this);
  return seal(out, kEvidenceSeal, w);
}

Status Judge::take_evidence(Bytes bytes) {
  TORPOR_TRY(const Bytes body, unseal(bytes, kEvidenceSeal, "evidence"));
  const Status taken = JudgeCodec::take_evidence(body, *this);
  // Also after a failure, which must have changed nothing.
  TORPOR_ASSERT(JudgeCodec::sound(*this), "judge.evidence_taken_up_leaves_it_sound");
  // A foreign file is whole: only the others are damage.
  if (taken || taken.error().reason == Reason::evidence_foreign) return taken;
  Error e = taken.error();
  e.reason = Reason::evidence_damaged;
  return e;
}

}  // namespace torpor
