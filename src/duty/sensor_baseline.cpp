// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sensor_baseline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assertion.h"
#include "duty/storage_state.h"

namespace torpor {
namespace {

constexpr std::size_t kFeaturesPerAxis =
    std::max(BaselineBuilder::kEncodedSize, FeatureBaseline::kEncodedSize);

}  // namespace

Result<std::unique_ptr<SensorBaseline>> SensorBaseline::open(Files& files, const Place& place,
                                                             const AlarmTerms& alarm,
                                                             const SensorTerms& sensor,
                                                             const BaselineKey& key,
                                                             const CycleReport* newest) {
  TORPOR_TRY(StoredBaseline stored, load_baseline(files, place.state_dir, alarm, key, place.service_uid));
  std::unique_ptr<SensorBaseline> made(new SensorBaseline(files, place, sensor, std::move(stored.judge)));
  if (newest != nullptr) made->bring_up_to(*newest);
  TORPOR_CHECK(made->take_up(stored, place));
  return made;
}

SensorBaseline::SensorBaseline(Files& files, const Place& place, const SensorTerms& sensor, Judge judge)
    : files_(files),
      paths_(baseline_paths(place.state_dir, judge.key())),
      sensor_(sensor),
      judge_(std::move(judge)),
      explainer_(sensor),
      features_(kFeaturesPerAxis * sensor.axes),
      envelope_(Explainer::kMaxBytes),
      encoded_(judge_.encoded_bound(features_.size(), envelope_.size())),
      saved_state_(judge_.state()) {}

// The record log is the truth of what was reported. A process that died between a record and
// its evidence file left the record the newer of the two: it is where this judge stood. A record
// made under another key, or by an earlier torpor, still names the alarm that was reported.
void SensorBaseline::bring_up_to(const CycleReport& newest) {
  if (newest.sensor != sensor_.id || newest.cycle <= judge_.last_cycle()) return;
  for (const EvidenceBytes* evidence : {&newest.evidence, &newest.fallback_evidence})
    if (judge_.take_evidence(evidence->view())) return;
  const Verdict& verdict = newest.verdict;
  if (!verdict.latched) return;
  judge_.take_over({.first_crossing = verdict.first_crossing_cycle,
                    .arming_epoch = verdict.arming_epoch,
                    .reason = verdict.kind == VerdictKind::alarm ? verdict.reason : VerdictReason::none,
                    .further = verdict.further});
}

// The event comes before what was learned is read: a reset is also the cure of a baseline
// whose parts cannot be read. Then the parts are read in the form of the state they were
// written in, kept where the state after the event wants them, and held against it.
Status SensorBaseline::take_up(const StoredBaseline& stored, const Place& place) {
  stored_ = !stored.features.empty();
  const bool written_in_fit = judge_.state() == JudgeState::learning_fit;
  TORPOR_TRY(const bool followed, apply_pending_event(files_, paths_, place.service_uid, judge_));
  const auto cleared = apply_pending_maintenance(
      files_, paths_, {.device = place.device, .trust = place.trust, .service_uid = place.service_uid},
      judge_);
  if (!cleared) maintenance_refusal_ = cleared.error();
  const bool worked = cleared && cleared->has_value();
  const bool relearns = followed || (worked && **cleared == Work::replaced);
  const bool kept = !relearns || !fitting();
  if (kept && !stored.features.empty()) {
    TORPOR_CHECK(written_in_fit ? take_up_fit(stored.features) : take_up_finished(stored.features));
  }
  // Where anything is learned anew, what was healthy before is no reference any more.
  if (!relearns && !stored.envelope.empty()) TORPOR_CHECK(explainer_.decode(stored.envelope));
  const bool contradicts = !whole();
  if (contradicts) start_anew();
  TORPOR_ASSERT(whole(), "baseline.taken_up_whole");
  owed_ = followed || worked || contradicts;
  const Status written = owed_ ? save_all() : forget_events();
  return written || is_storage_failure(written.error().reason) ? Status{} : written;
}

Status SensorBaseline::check_size(std::size_t found, std::size_t each) const {
  if (found == each * sensor_.axes) return {};
  return Error{.reason = Reason::baseline_malformed}
      .at(paths_.baseline, ": features")
      .saw(found, " bytes")
      .want(each * sensor_.axes, " bytes");
}

Status SensorBaseline::take_up_fit(Bytes features) {
  constexpr std::size_t kEach = BaselineBuilder::kEncodedSize;
  TORPOR_CHECK(check_size(features.size(), kEach));
  for (std::uint32_t axis = 0; axis < sensor_.axes; ++axis) {
    TORPOR_TRY(BaselineBuilder builder, BaselineBuilder::decode(features.subspan(axis * kEach, kEach)));
    builders_.push_back(std::move(builder));
  }
  return {};
}

Status SensorBaseline::take_up_finished(Bytes features) {
  constexpr std::size_t kEach = FeatureBaseline::kEncodedSize;
  TORPOR_CHECK(check_size(features.size(), kEach));
  for (std::uint32_t axis = 0; axis < sensor_.axes; ++axis) {
    TORPOR_TRY(auto finished, FeatureBaseline::decode(features.subspan(axis * kEach, kEach)));
    finished_.push_back(std::move(finished));
  }
  return {};
}

// The facts of the class comment. Axes of one baseline all know the speed or all do not.
bool SensorBaseline::whole() const {
  if (!fitting()) {
    return builders_.empty() && finished_.size() == sensor_.axes &&
           std::all_of(finished_.begin(), finished_.end(),
                       [&](const auto& f) { return f->has_speed == finished_.front()->has_speed; });
  }
  if (!finished_.empty() || (builders_.empty() && judge_.learned() != 0)) return false;
  return (builders_.empty() || builders_.size() == sensor_.axes) &&
         std::all_of(builders_.begin(), builders_.end(), [&](const BaselineBuilder& b) {
           return b.subframes() >= judge_.learned() && b.has_speed() == builders_.front().has_speed();
         });
}

void SensorBaseline::start_anew() {
  judge_.start_anew();
  builders_.clear();
  finished_.clear();
  explainer_.forget();
}

FeatureExtractor::Speed SensorBaseline::speed_for(const Window& window) const {
  bool known = window.context.rpm_milli > 0;  // the first window decides
  if (!builders_.empty()) known = builders_.front().has_speed();
  if (!finished_.empty()) known = finished_.front()->has_speed;
  return known ? FeatureExtractor::Speed::known : FeatureExtractor::Speed::unknown;
}

const FeatureBaseline& SensorBaseline::finished(std::size_t axis) const {
  TORPOR_ASSERT(axis < finished_.size(), "baseline.no_axis_is_scored_before_the_fit_is_closed");
  return *finished_[axis];
}

Verdict SensorBaseline::learn(std::uint64_t cycle, const Measurement& measured) {
  TORPOR_ASSERT(fitting(), "baseline.only_a_fit_learns");
  TORPOR_ASSERT(measured.axes == sensor_.axes, "baseline.learns_windows_of_its_sensor");
  if (cycle <= judge_.last_cycle()) return judge_.fitted(cycle);  // repeated_cycle
  if (!measured.complete())
    return judge_.not_fitted(cycle, "not learned: an axis without a piece long enough to measure");
  if (builders_.empty()) builders_.assign(sensor_.axes, BaselineBuilder(measured.shaft_hz > 0));
  if (builders_.front().has_speed() && !(measured.shaft_hz > 0))
    return judge_.not_fitted(cycle, "not learned: no shaft speed is stated, and the fit knows it");
  for (std::size_t axis = 0; axis < sensor_.axes; ++axis) {
    for (const RawFeatures& raw : measured.subframes(axis)) {
      const bool taken = builders_[axis].add(raw, measured.shaft_hz, raw.weight);
      TORPOR_ASSERT(taken, "baseline.a_cycle_is_learned_by_every_axis");
    }
  }
  explainer_.learn(*measured.envelope);
  if (judge_.fit_closes_next()) {
    // Sums that make no baseline never will: begin again, and say why.
    if (const Status closed = close_fit(); !closed) {
      start_anew();
      return judge_.not_fitted(cycle, one_line(closed.error()));
    }
  }
  const Verdict verdict = judge_.fitted(cycle);
  TORPOR_ASSERT(whole(), "baseline.judge_and_builders_count_as_one");
  return verdict;
}

// All axes or none.
Status SensorBaseline::close_fit() {
  std::vector<std::unique_ptr<FeatureBaseline>> finished;
  for (const BaselineBuilder& builder : builders_) {
    TORPOR_TRY(auto one, builder.finish());
    finished.push_back(std::move(one));
  }
  finished_ = std::move(finished);
  builders_.clear();
  return {};
}

void SensorBaseline::show(const Measurement& measured) {
  TORPOR_ASSERT(!fitting(), "baseline.a_fit_is_shown_what_it_learns");
  if (learning()) {
    explainer_.learn(*measured.envelope);
  } else {
    explainer_.observe(*measured.envelope);
  }
}

void SensorBaseline::explain(const Measurement& last, Verdict& verdict) {
  const Explanation explanation = explainer_.explain(*last.envelope);
  verdict.explanation = explainer_.text(explanation);
  judge_.named(place_of(explanation));
  verdict.further = judge_.alarm().further;
}

bool SensorBaseline::learning() const {
  return fitting() || judge_.state() == JudgeState::learning_calibration;
}

Bytes SensorBaseline::encode_features() {
  std::size_t size = 0;
  const auto next = [&](std::size_t each) {
    size += each;
    return MutableBytes(features_).subspan(size - each, each);
  };
  for (const BaselineBuilder& builder : builders_) builder.encode(next(BaselineBuilder::kEncodedSize));
  for (const auto& finished : finished_) finished->encode(next(FeatureBaseline::kEncodedSize));
  return Bytes(features_).first(size);
}

Status SensorBaseline::save_all() {
  TORPOR_ASSERT(whole(), "baseline.written_whole");
  TORPOR_TRY(const Bytes envelope, explainer_.encode(envelope_));
  TORPOR_TRY(const Bytes file, judge_.encode(encoded_, encode_features(), envelope));
  TORPOR_CHECK(write(paths_.baseline, file));
  unsaved_ = 0;
  lost_ = false;
  stored_ = true;
  saved_state_ = judge_.state();
  // Only now: a crash before this finds the event again and sees that it was taken.
  return std::exchange(owed_, false) ? forget_events() : Status{};
}

// A maintenance event that was refused stays for the person who has to see to it.
Status SensorBaseline::forget_events() {
  if (!maintenance_refusal_) TORPOR_CHECK(forget_maintenance(files_, paths_));
  return forget_event(files_, paths_);
}

// The directory is made where there is none, also when it went while we ran. What was learned went
// with it and is still known here: the next save writes all of it.
Status SensorBaseline::write(const std::string& path, Bytes content) {
  Status written = files_.replace(path, content, 0644);
  if (written || written.error().reason != Reason::file_missing) return written;
  TORPOR_CHECK(files_.make_directories(paths_.directory));
  lost_ = stored_;
  return files_.replace(path, content, 0644);
}

Status SensorBaseline::save_learned(bool closing) {
  ++unsaved_;
  const bool due = learning() && (closing || unsaved_ >= kLearningSaveEvery);
  return due || owed_ || lost_ || judge_.state() != saved_state_ ? save_all() : Status{};
}

EvidenceBytes SensorBaseline::evidence() const {
  EvidenceBytes evidence;
  std::array<std::byte, kMaxEvidenceBytes> room;
  const auto encoded = judge_.encode_evidence(room);
  TORPOR_ASSERT(encoded.ok() && evidence.assign(*encoded), "baseline.evidence_is_bounded");
  return evidence;
}

Status SensorBaseline::save_evidence() { return write(paths_.evidence, evidence().view()); }

}  // namespace torpor
