// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What the detector's cycle took: time and energy by phase, the budget, and the limits of
// the contract they are held against.
#include <algorithm>
#include <cmath>

#include "contract/host/validity.h"
#include "duty/detector.h"

namespace torpor {

using std::chrono::milliseconds;

// Durations on a scaled clock as they really were: what a processor did took real time.
Duration Detector::real(Duration scaled) const {
  if (identity_.speed == 1) return scaled;
  return Duration(std::llround(static_cast<double>(scaled.count()) / identity_.speed));
}

void Detector::lap(Phase phase, BootTime until) {
  const Duration span = until - lap_from_;
  lap_from_ = until;
  book(phase, span, measure(phase, span));
}

// The meter is told how long it really was. What is waited through lasts as long as the
// clock says, and costs as if it had: a fast run shows the energy of a real one.
EnergyCost Detector::measure(Phase phase, Duration span) {
  const bool held = held_ || (phase == Phase::infer && report_.inferred);
  EnergyCost cost = parts_.meter.lap(phase, real(span), held);
  const bool works = phase == Phase::infer || phase == Phase::release || phase == Phase::report;
  if (!works) {
    cost.mj *= identity_.speed;
    cost.error_mj *= identity_.speed;
  }
  return cost;
}

void Detector::book(Phase phase, Duration span, const EnergyCost& cost) {
  const auto i = static_cast<std::size_t>(phase);
  report_.spent[i] = span;
  report_.energy_mj[i] = cost.mj;
  if (!cost.measured) report_.unmeasured += span;
  if (phase == Phase::sleep) {
    report_.sleep_interpolated = cost.interpolated;
  } else {
    report_.energy_error_mj += cost.error_mj;
  }
}

void Detector::fill_costs(BootTime at) {
  const Terms& terms = contract_.terms();
  const ProcessUse use = parts_.clock.process_use();
  report_.cpu = use.cpu - use_before_.cpu;
  use_before_ = use;
  report_.queue_bytes = static_cast<std::uint32_t>(queue_.take_peak_bytes());
  for (std::size_t i = 0; i < kDropReasons; ++i) report_.drops[i] = queue_.drops()[i] - drops_before_[i];
  drops_before_ = queue_.drops();
  report_.drops[static_cast<std::size_t>(DropReason::depth)] += sampler_dropped_;

  report_.energy_source = parts_.meter.source();
  report_.energy_coverage = parts_.meter.coverage();
  charge_work();
  parts_.budget.bucket().refill(at);
  report_.budget_mj = parts_.budget.bucket().balance_mj();
  if (total(report_.energy_mj) > terms.power.active_mj_per_cycle) report_.set(Breach::energy);
  if (at - report_.woke.boot > milliseconds(terms.power.awake_limit_ms)) report_.set(Breach::awake);
  if (real(report_.spent[static_cast<std::size_t>(Phase::infer)]) >
      milliseconds(terms.power.infer_deadline_ms)) {
    report_.set(Breach::infer_deadline);
  }
  if (report_.interval != Duration::zero()) {
    const Duration off = report_.interval - contract_.period();
    if ((off < Duration::zero() ? -off : off) > milliseconds(terms.duty.interval_tolerance_ms)) {
      report_.set(Breach::interval);
    }
  }
  // A running robot never stops for time, and never by a clock nobody keeps: it alarms.
  if (certainly_expired(terms, report_.woke, 0)) report_.set(Breach::expired);
  for (const std::uint64_t drops : report_.drops) {
    if (drops != 0) report_.set(Breach::drops);
  }
}

// What this cycle took since it woke. Work that was not measured is taken for a whole
// allowance: a meter that fails must not make cycles cheap.
void Detector::charge_work() {
  EnergyBudget& bucket = parts_.budget.bucket();
  double mj = std::max(0.0, total(report_.energy_mj) - charged_mj_);
  cycle_open_ = false;
  if (report_.has(Breach::budget)) return bucket.charge(mj);
  if (report_.unmeasured > unmeasured_before_) mj = std::max(mj, bucket.cycle_mj());
  bucket.settle(mj);
}

// The end may come in the middle of anything; what it cost until now is spent.
void Detector::charge_what_was_broken_off() {
  if (state_ == State::asleep) {
    const EnergyCost sleep = measure(Phase::sleep, now() - slept_from_);
    parts_.budget.bucket().charge(reporting_cost_.mj + sleep.mj);
  }
  if (!cycle_open_) return;
  Phase phase = Phase::wake;
  if (state_ == State::sampling) phase = Phase::sample;
  if (state_ == State::draining) phase = Phase::drain;
  if (state_ == State::releasing) phase = Phase::release;
  lap(phase, now());
  charge_work();
}

}  // namespace torpor
