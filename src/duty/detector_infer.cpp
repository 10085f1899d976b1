// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The part of the detector's cycle in which the network runs and the device is given back.
#include "duty/detector.h"
#include "duty/report_parts.h"

namespace torpor {

using std::chrono::milliseconds;

// The one inference of this cycle.
void Detector::finish_window() {
  const auto taken = assembler_.take_latest(report_.window, now());
  queue_.end();
  report_.quality = taken.quality;
  report_.window_complete = taken.quality != WindowQuality::incomplete;
  report_.context = taken.window.context;
  Appraisal appraisal;
  if (report_.frames == 0) {
    appraisal = parts_.appraiser.missed(report_.cycle, VerdictReason::no_window);
  } else {
    appraisal = parts_.appraiser.appraise(report_.cycle, taken.window, taken.quality);
  }
  if (appraisal.failure) {
    // The stop is next in line; the cycle it falls into leaves no report.
    if (appraisal.failure->reason == Reason::worker_interrupted) return stop();
    report_.set(Breach::inference);
    if (is_device_failure(appraisal.failure->reason)) report_.set(Breach::device);
    report_.backend_note = in_short(*appraisal.failure);
    fall_back(taken.window, appraisal);
  }
  report_.verdict = appraisal.verdict;
  report_.scores = appraisal.scores;
  report_.indicators = appraisal.indicators;
  report_.inferred = appraisal.inferred;
  lap(Phase::infer, now());
  release();
}

// Once its own baseline is armed, the other backend scores this cycle.
void Detector::fall_back(const Window& window, Appraisal& appraisal) {
  if (parts_.fallback == nullptr || parts_.fallback->judge().state() != JudgeState::armed) return;
  appraisal = parts_.fallback->second_opinion(report_.cycle, window, appraisal.verdict);
  report_.backend = parts_.fallback->backend_name();
  fell_back_ = true;
}

void Detector::release() {
  release_by_ = now() + milliseconds(contract_.terms().power.release_deadline_ms);
  const Status released = parts_.backend.release();
  if (!released && released.error().reason != Reason::worker_interrupted) {
    report_.set(Breach::residency);
    if (report_.backend_note.empty()) report_.backend_note = in_short(released.error());
  }
  if (report_.inferred && !fell_back_) {
    const BackendTimes times = parts_.backend.times();
    report_.worker = {times.init, times.load, times.infer, times.teardown};
  }
  check_residency(false);
}

}  // namespace torpor
