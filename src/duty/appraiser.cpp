// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/appraiser.h"

#include <algorithm>

#include "base/assertion.h"
#include "features/tokenizer.h"

namespace torpor {
namespace {

std::size_t subframes_per_axis(const DutyTerms& duty, const SensorTerms& sensor) {
  return std::max<std::size_t>(1, window_samples(duty, sensor) / subframe_samples(sensor.rate_mhz));
}

double& value_of(CycleScores& scores, Score score) { return scores.value[static_cast<std::size_t>(score)]; }

}  // namespace

std::size_t Appraiser::batch_size(const Contract& contract, std::uint32_t sensor) {
  const SensorTerms& terms = contract.terms().sensors()[sensor];
  return terms.axes * subframes_per_axis(contract.terms().duty, terms);
}

Result<std::unique_ptr<Appraiser>> Appraiser::make(const Contract& contract, std::uint32_t sensor,
                                                   const Parts& parts, const SensorBaseline::Place& place,
                                                   const CycleReport* newest) {
  const Terms& terms = contract.terms();
  TORPOR_ASSERT(sensor < terms.sensor_count, "appraiser.the_contract_has_this_sensor");
  TORPOR_TRY(auto baseline, SensorBaseline::open(parts.files, place, terms.alarm, terms.sensors()[sensor],
                                                 baseline_key(terms, sensor, parts.backend.name()), newest));
  return std::unique_ptr<Appraiser>(new Appraiser(contract, sensor, parts.backend, std::move(baseline)));
}

Appraiser::Appraiser(const Contract& contract, std::uint32_t sensor, Backend& backend,
                     std::unique_ptr<SensorBaseline> baseline)
    : sensor_(sensor),
      backend_(backend),
      baseline_(std::move(baseline)),
      measurer_(contract.terms().sensors()[sensor],
                window_samples(contract.terms().duty, contract.terms().sensors()[sensor])),
      tokens_(batch_size(contract, sensor)),
      logits_(tokens_.size()) {}

Appraisal Appraiser::appraise(std::uint64_t cycle, const Window& window, WindowQuality quality) {
  Appraisal appraisal;
  if (quality != WindowQuality::good) {
    appraisal.verdict = baseline_->unusable(cycle, quality);
    return appraisal;
  }
  const auto measured = measurer_.measure(window, baseline_->speed_for(window));
  if (!measured) {
    appraisal = missed(cycle, VerdictReason::backend_failed);
    appraisal.failure = measured.error();
    return appraisal;
  }
  appraisal.indicators = (*measured)->indicators;
  if (baseline_->fitting()) {
    appraisal.verdict = baseline_->learn(cycle, **measured);
    return appraisal;
  }
  baseline_->show(**measured);
  const auto scores = infer(**measured);
  if (!scores) {
    // Interrupted: the stop is next in line, and this cycle's number is used again.
    if (scores.error().reason != Reason::worker_interrupted) {
      appraisal.verdict = baseline_->missed(cycle, VerdictReason::backend_failed);
    }
    appraisal.failure = scores.error();
    return appraisal;
  }
  appraisal.inferred = true;
  appraisal.scores = *scores;
  appraisal.verdict = baseline_->scored(cycle, *scores);
  if (appraisal.verdict.kind == VerdictKind::watch || appraisal.verdict.kind == VerdictKind::alarm) {
    baseline_->explain(**measured, appraisal.verdict);
  }
  return appraisal;
}

Appraisal Appraiser::missed(std::uint64_t cycle, VerdictReason why) {
  Appraisal appraisal;
  appraisal.verdict = baseline_->missed(cycle, why);
  return appraisal;
}

void Appraiser::share_alarm(Appraiser& a, Appraiser& b) {
  a.baseline_->take_over(b.judge().alarm());
  b.baseline_->take_over(a.judge().alarm());
  TORPOR_ASSERT(a.judge().latched() == b.judge().latched(), "appraiser.both_backends_hold_the_alarm");
}

// All sub-frames of all axes in one batch; each score is their mean.
Result<CycleScores> Appraiser::infer(const Measurement& measured) {
  CycleScores scores;
  std::size_t n = 0;
  for (std::size_t axis = 0; axis < measured.axes; ++axis) {
    const FeatureBaseline& healthy = baseline_->finished(axis);
    if (!is_calibrated_speed(healthy, measured.shaft_hz)) scores.calibrated_speed = false;
    for (const RawFeatures& raw : measured.subframes(axis)) {
      if (n == tokens_.size()) break;  // blocks may give one more than the backend is loaded for
      const ClassicalScores classical = tokenize(raw, healthy, measured.shaft_hz, tokens_[n++]);
      value_of(scores, Score::log_band) += static_cast<double>(classical.log_band);
      value_of(scores, Score::kurtosis) += static_cast<double>(classical.kurtosis);
    }
  }
  if (n == 0) return Error{.reason = Reason::internal, .where = "window without a sub-frame"};
  TORPOR_CHECK(backend_.run(std::span(tokens_).first(n), std::span(logits_).first(n)));
  for (std::size_t i = 0; i < n; ++i) {
    value_of(scores, Score::logit) += static_cast<double>(logits_[i]);
  }
  for (double& value : scores.value) value /= static_cast<double>(n);
  return scores;
}

}  // namespace torpor
