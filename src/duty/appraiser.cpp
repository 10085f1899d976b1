// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/appraiser.h"

#include <algorithm>

#include "features/tokenizer.h"

namespace torpor {
namespace {

float shaft_hz(const Window& window) { return static_cast<float>(window.context.rpm_milli) / 60'000.0f; }

// int16 -> g
float scale_g(const Window& window) {
  return static_cast<float>(static_cast<double>(window.scale_pg) * 1e-12);
}

std::size_t subframes_per_axis(const DutyTerms& duty, const SensorTerms& sensor) {
  return std::max<std::size_t>(1, window_samples(duty, sensor) / subframe_samples(sensor.rate_mhz));
}

}  // namespace

std::size_t Appraiser::batch_size(const Contract& contract, std::uint32_t sensor) {
  const SensorTerms& terms = contract.terms().sensors()[sensor];
  return terms.axes * subframes_per_axis(contract.terms().duty, terms);
}

Result<std::unique_ptr<Appraiser>> Appraiser::make(const Contract& contract, std::uint32_t sensor,
                                                   Backend& backend, Home home) {
  const Terms& terms = contract.terms();
  const BaselineKey key = baseline_key(terms, sensor, backend.name());
  TORPOR_TRY(StoredBaseline stored,
             load_baseline(home.files, home.state_dir, terms.alarm, key, home.service_uid));
  std::unique_ptr<Appraiser> appraiser(
      new Appraiser(contract, sensor, backend, std::move(home), std::move(stored.judge)));
  TORPOR_CHECK(appraiser->home_.files.make_directories(appraiser->paths_.directory));
  TORPOR_CHECK(appraiser->restore(stored));
  TORPOR_CHECK(appraiser->take_event());
  return appraiser;
}

Appraiser::Appraiser(const Contract& contract, std::uint32_t sensor, Backend& backend, Home home, Judge judge)
    : sensor_(contract.terms().sensors()[sensor]),
      samples_per_subframe_(static_cast<std::uint32_t>(subframe_samples(sensor_.rate_mhz))),
      backend_(backend),
      home_(std::move(home)),
      paths_(baseline_paths(home_.state_dir, judge.key())),
      judge_(std::move(judge)),
      explainer_(sensor_, contract.terms().duty.sample_ms),
      cutter_(samples_per_subframe_, window_samples(contract.terms().duty, sensor_)),
      tokens_(batch_size(contract, sensor)),
      logits_(tokens_.size()),
      envelope_(Explainer::kMaxBytes),
      saved_state_(judge_.state()) {}

Status Appraiser::restore(const StoredBaseline& stored) {
  if (!stored.envelope.empty()) TORPOR_CHECK(explainer_.decode(stored.envelope));
  const bool learning = judge_.state() == JudgeState::learning_fit;
  const std::size_t each = learning ? BaselineBuilder::kEncodedSize : FeatureBaseline::kEncodedSize;
  if (stored.features.empty()) return {};
  if (stored.features.size() != each * sensor_.axes) {
    Error error{.reason = Reason::baseline_malformed};
    error.where << paths_.baseline << ": features";
    error.found << stored.features.size() << " bytes";
    error.expected << each * sensor_.axes << " bytes";
    return error;
  }
  bool has_speed = false;
  for (std::uint32_t a = 0; a < sensor_.axes; ++a) {
    const Bytes part = Bytes(stored.features).subspan(a * each, each);
    if (learning) {
      TORPOR_TRY(BaselineBuilder builder, BaselineBuilder::decode(part));
      has_speed = builder.has_speed();
      axes_.push_back({std::move(builder), nullptr});
    } else {
      TORPOR_TRY(auto baseline, FeatureBaseline::decode(part));
      has_speed = baseline->has_speed;
      axes_.push_back({BaselineBuilder(has_speed), std::move(baseline)});
    }
  }
  start_learning(has_speed);
  return {};
}

Status Appraiser::take_event() {
  TORPOR_TRY(const bool changed, apply_pending_event(home_.files, paths_, home_.service_uid, judge_));
  if (changed) {
    if (judge_.state() == JudgeState::learning_fit) axes_.clear();
    explainer_.forget();
    TORPOR_CHECK(save_baseline());
  }
  return forget_event(home_.files, paths_);
}

// The first window decides whether this baseline knows the shaft's speed.
void Appraiser::start_learning(bool has_speed) {
  auto extractor = FeatureExtractor::prepare(
      sensor_.rate_mhz, samples_per_subframe_,
      has_speed ? FeatureExtractor::Speed::known : FeatureExtractor::Speed::unknown);
  if (extractor) extractor_.emplace(*std::move(extractor));
  while (axes_.size() < sensor_.axes) axes_.push_back({BaselineBuilder(has_speed), nullptr});
  const std::size_t features =
      std::max(BaselineBuilder::kEncodedSize, FeatureBaseline::kEncodedSize) * axes_.size();
  carried_.resize(features);
  encoded_.resize(judge_.encoded_bound(features, Explainer::kMaxBytes));
}

bool Appraiser::ready_for(const Window& window) {
  if (!extractor_) start_learning(window.context.rpm_milli > 0);
  return extractor_.has_value();
}

Appraisal Appraiser::appraise(std::uint64_t cycle, const Window& window, WindowQuality quality) {
  Appraisal appraisal;
  if (quality != WindowQuality::good) {
    appraisal.verdict = judge_.unusable(cycle, quality);
    return appraisal;
  }
  if (!ready_for(window)) return missed(cycle, VerdictReason::backend_failed);

  const bool learning =
      judge_.state() == JudgeState::learning_fit || judge_.state() == JudgeState::learning_calibration;
  if (learning) {
    explainer_.learn(window);
  } else {
    explainer_.observe(window);
  }
  appraisal.indicators = compute_indicators(window, explainer_.spectra(), indicator_work_);
  if (judge_.state() == JudgeState::learning_fit) {
    learn(window);
    appraisal.verdict = judge_.fitted(cycle);
    if (judge_.state() != JudgeState::learning_fit) {
      if (const Status closed = close_fit(); !closed) return missed(cycle, VerdictReason::backend_failed);
    }
  } else {
    const auto scores = infer(window);
    if (!scores) {
      if (scores.error().reason != Reason::worker_interrupted) {
        appraisal.verdict = judge_.missed(cycle, VerdictReason::backend_failed);
      }
      appraisal.failure = scores.error();
      return appraisal;
    }
    appraisal.inferred = true;
    appraisal.scores = *scores;
    appraisal.verdict = judge_.scored(cycle, *scores);
    if (appraisal.verdict.kind == VerdictKind::watch || appraisal.verdict.kind == VerdictKind::alarm) {
      appraisal.verdict.explanation = explainer_.text(explainer_.explain());
    }
  }
  return appraisal;
}

Appraisal Appraiser::missed(std::uint64_t cycle, VerdictReason why) {
  Appraisal appraisal;
  appraisal.verdict = judge_.missed(cycle, why);
  return appraisal;
}

Appraisal Appraiser::second_opinion(std::uint64_t cycle, const Window& window, const Verdict& first) {
  Appraisal appraisal = appraise(cycle, window, WindowQuality::good);
  Verdict& verdict = appraisal.verdict;
  if (!first.latched || verdict.latched) return appraisal;
  verdict.kind = VerdictKind::alarm;
  verdict.latched = true;
  verdict.arming_epoch = first.arming_epoch;
  verdict.first_crossing_cycle = first.first_crossing_cycle;
  return appraisal;
}

void Appraiser::learn(const Window& window) {
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    for (const SubFrame& sub : cutter_.cut(window, a)) {
      if (!extractor_->extract(sub.pieces, scale_g(window), shaft_hz(window), raw_)) continue;
      axes_[a].builder.add(raw_, shaft_hz(window), raw_.weight);
    }
  }
}

Status Appraiser::close_fit() {
  for (Axis& axis : axes_) {
    TORPOR_TRY(axis.baseline, axis.builder.finish());
  }
  return {};
}

// All sub-frames of all axes in one batch; each score is their mean.
Result<CycleScores> Appraiser::infer(const Window& window) {
  CycleScores scores;
  std::size_t n = 0;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const FeatureBaseline* baseline = axes_[a].baseline.get();
    if (baseline == nullptr) return Error{.reason = Reason::internal, .where = "feature baseline"};
    if (!is_calibrated_speed(*baseline, shaft_hz(window))) scores.calibrated_speed = false;
    for (const SubFrame& sub : cutter_.cut(window, a)) {
      if (n == tokens_.size()) break;
      if (!extractor_->extract(sub.pieces, scale_g(window), shaft_hz(window), raw_)) continue;
      const ClassicalScores classical = tokenize(raw_, *baseline, shaft_hz(window), tokens_[n++]);
      scores.value[static_cast<std::size_t>(Score::log_band)] += static_cast<double>(classical.log_band);
      scores.value[static_cast<std::size_t>(Score::kurtosis)] += static_cast<double>(classical.kurtosis);
    }
  }
  if (n == 0) return Error{.reason = Reason::internal, .where = "window without a sub-frame"};
  TORPOR_CHECK(backend_.run(std::span(tokens_).first(n), std::span(logits_).first(n)));
  for (std::size_t i = 0; i < n; ++i) {
    scores.value[static_cast<std::size_t>(Score::logit)] += static_cast<double>(logits_[i]);
  }
  for (double& value : scores.value) value /= static_cast<double>(n);
  return scores;
}

Status Appraiser::save_baseline() {
  Bytes features;
  if (!axes_.empty()) {
    const bool learning = judge_.state() == JudgeState::learning_fit;
    const std::size_t each = learning ? BaselineBuilder::kEncodedSize : FeatureBaseline::kEncodedSize;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const MutableBytes part = MutableBytes(carried_).subspan(a * each, each);
      if (learning) {
        axes_[a].builder.encode(part);
      } else {
        axes_[a].baseline->encode(part);
      }
    }
    features = Bytes(carried_).first(each * axes_.size());
  }
  TORPOR_TRY(const Bytes envelope, explainer_.encode(envelope_));
  if (encoded_.empty()) encoded_.resize(judge_.encoded_bound(features.size(), envelope_.size()));
  TORPOR_TRY(const Bytes file, judge_.encode(encoded_, features, envelope));
  TORPOR_CHECK(home_.files.replace(paths_.baseline, file, 0644));
  unsaved_ = 0;
  saved_state_ = judge_.state();
  return {};
}

Status Appraiser::save(bool closing) {
  const bool learning =
      judge_.state() == JudgeState::learning_fit || judge_.state() == JudgeState::learning_calibration;
  ++unsaved_;
  if (judge_.state() != saved_state_ || (learning && (closing || unsaved_ >= kLearningSaveEvery))) {
    return save_baseline();
  }
  if (learning) return {};
  std::array<std::byte, kMaxEvidenceBytes> room;
  TORPOR_TRY(const Bytes evidence, judge_.encode_evidence(room));
  return home_.files.replace(paths_.evidence, evidence, 0644);
}

}  // namespace torpor
