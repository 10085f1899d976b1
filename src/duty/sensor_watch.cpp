// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sensor_watch.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

SensorWatch::SensorWatch(const Contract& contract, const Parts& parts, std::uint32_t link_buffer_bytes)
    : parts_(parts),
      samples_(static_cast<std::uint32_t>(
          torpor::window_samples(contract.terms().duty, contract.terms().sensors()[sensor()]))),
      queue_(contract, sensor(), parts.memory, link_buffer_bytes),
      assembler_(contract, sensor(), queue_) {
  TORPOR_ASSERT(parts.fallback == nullptr || parts.fallback->sensor() == sensor(),
                "watch.both_backends_judge_one_sensor");
  share_alarm();
}

std::uint64_t SensorWatch::last_cycle() const {
  const std::uint64_t first = parts_.appraiser.last_cycle();
  return parts_.fallback == nullptr ? first : std::max(first, parts_.fallback->last_cycle());
}

void SensorWatch::begin(std::uint64_t window) {
  TORPOR_ASSERT(window > window_, "watch.no_window_is_wanted_twice");
  window_ = window;
  ended_ = false;
  fell_back_ = false;
  frames_ = 0;
  sampler_dropped_ = 0;
  queue_.begin(window);
  queue_.take_peak_bytes();
}

void SensorWatch::take(const Frame& frame, BootTime now) {
  ++frames_;
  // A frame that contradicts the contract is counted by the queue; the window then lacks it
  // and is not scored.
  (void)queue_.push(frame, now);
}

bool SensorWatch::take(const WindowEnd& end) {
  if (end.window_id != window_) return false;
  sampler_dropped_ = end.dropped;
  ended_ = true;
  return true;
}

Status SensorWatch::judge(BootTime now, ReportBuilder& builder) {
  CycleReport& report = builder.report();
  TORPOR_ASSERT(report.window == window_ && !report.inferred, "watch.one_inference_a_cycle");
  const auto taken = assembler_.take_latest(window_, now);
  queue_.end();
  report.quality = taken.quality;
  report.window_complete = taken.quality != WindowQuality::incomplete;
  report.context = taken.window.context;
  report.backend = parts_.appraiser.backend_name();
  Appraisal appraisal = frames_ == 0 ? parts_.appraiser.missed(report.cycle, VerdictReason::no_window)
                                     : parts_.appraiser.appraise(report.cycle, taken.window, taken.quality);
  if (appraisal.failure) {
    if (appraisal.failure->reason == Reason::worker_interrupted) return *appraisal.failure;
    report.set(Breach::inference);
    if (is_device_failure(appraisal.failure->reason)) report.set(Breach::device);
    builder.backend_failed(*appraisal.failure);
    fall_back(taken.window, report, appraisal);
  }
  share_alarm();
  report.verdict = appraisal.verdict;
  report.scores = appraisal.scores;
  report.indicators = appraisal.indicators;
  report.inferred = appraisal.inferred;
  return {};
}

// Once its own baseline is armed, the other backend scores this cycle.
void SensorWatch::fall_back(const Window& window, CycleReport& report, Appraisal& appraisal) {
  if (parts_.fallback == nullptr || parts_.fallback->judge().state() != JudgeState::armed) return;
  appraisal = parts_.fallback->appraise(report.cycle, window, WindowQuality::good);
  report.backend = parts_.fallback->backend_name();
  fell_back_ = true;
}

// Whoever of the two raised it: the next cycle, by either, finds it latched.
void SensorWatch::share_alarm() {
  if (parts_.fallback != nullptr) Appraiser::share_alarm(parts_.appraiser, *parts_.fallback);
}

void SensorWatch::lose(VerdictReason why, CycleReport& report) {
  queue_.end();
  report.backend = parts_.appraiser.backend_name();
  report.verdict = parts_.appraiser.missed(report.cycle, why).verdict;
  report.quality = WindowQuality::incomplete;
}

void SensorWatch::count(CycleReport& report) {
  report.frames = frames_;
  report.queue_bytes = static_cast<std::uint32_t>(queue_.take_peak_bytes());
  const DropCounts& drops = queue_.drops();
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    TORPOR_ASSERT(drops[i] >= drops_before_[i], "watch.counts_never_fall");
    report.drops[i] = drops[i] - drops_before_[i];
  }
  drops_before_ = drops;
  report.drops[static_cast<std::size_t>(DropReason::depth)] += sampler_dropped_;
}

void SensorWatch::put_evidence(CycleReport& report) const {
  report.evidence = parts_.appraiser.evidence();
  if (parts_.fallback != nullptr) report.fallback_evidence = parts_.fallback->evidence();
}

Status SensorWatch::save_learned(bool closing) {
  TORPOR_CHECK(parts_.appraiser.save_learned(closing));
  return fell_back_ ? parts_.fallback->save_learned(closing) : Status{};
}

Status SensorWatch::save_evidence() {
  TORPOR_CHECK(parts_.appraiser.save_evidence());
  return fell_back_ ? parts_.fallback->save_evidence() : Status{};
}

}  // namespace torpor
