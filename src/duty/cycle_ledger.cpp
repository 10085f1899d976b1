// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/cycle_ledger.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assertion.h"

namespace torpor {

bool CycleLedger::begin(BootTime woke) {
  TORPOR_ASSERT(!open_, "ledger.one_cycle_at_a_time");
  const ProcessUse use = parts_.clock.process_use();
  EnergyBudget& bucket = parts_.budget.bucket();
  if (phase_) {
    TORPOR_ASSERT(*phase_ == Phase::sleep, "ledger.a_cycle_wakes_from_sleep");
    next_.slept_from = since_;
    end_span(woke);
    next_.interval = woke - woke_;
    next_.voluntary_switches_asleep = static_cast<std::uint32_t>(use.voluntary_switches - switches_at_sleep_);
    costs_ = std::exchange(next_, Costs{});
  } else {
    use_before_ = use;
    parts_.meter.lap(Phase::wake, Duration::zero(), held_);  // the border the first span begins at
    costs_ = Costs{};
  }
  charged_mj_ = total(costs_.energy_mj);
  bucket.charge(charged_mj_);
  bucket.refill(woke);  // after the charge: both flowed through the same sleep
  unmeasured_before_ = costs_.unmeasured;
  phase_ = Phase::wake;
  since_ = woke_ = woke;
  open_ = true;
  reserved_ = bucket.pays_for_a_cycle();
  if (reserved_) bucket.reserve();
  return reserved_;
}

BootTime CycleLedger::enter(Phase next) {
  TORPOR_ASSERT(phase_ && *phase_ < next, "ledger.phases_come_in_order");
  end_span(parts_.clock.now().boot);
  phase_ = next;
  return since_;
}

// Ends the span under way at `at` and books it.
void CycleLedger::end_span(BootTime at) {
  TORPOR_ASSERT(phase_ && at >= since_, "ledger.a_span_ends_after_it_began");
  const auto i = static_cast<std::size_t>(*phase_);
  const Duration span = at - since_;
  const Duration real = parts_.clock.real(span);
  EnergyCost cost = parts_.meter.lap(*phase_, real, held_);
  if (!is_work(*phase_) && real != span && real > Duration::zero()) {
    const double longer = static_cast<double>(span.count()) / static_cast<double>(real.count());
    cost.mj *= longer;
    cost.error_mj *= longer;
  }
  Costs& of = *phase_ >= Phase::report ? next_ : costs_;
  of.spent[i] = span;
  of.energy_mj[i] = cost.mj;
  if (!cost.measured) of.unmeasured += span;
  if (*phase_ == Phase::sleep) {
    of.sleep_interpolated = cost.interpolated;
  } else {
    of.error_mj += cost.error_mj;
  }
  since_ = at;
}

BootTime CycleLedger::close() {
  const BootTime at = enter(Phase::report);
  const ProcessUse use = parts_.clock.process_use();
  costs_.cpu = use.cpu - std::exchange(use_before_, use).cpu;
  charge_work();
  parts_.budget.bucket().refill(at);
  return at;
}

BootTime CycleLedger::sleep() {
  TORPOR_ASSERT(!open_, "ledger.nothing_sleeps_before_it_is_charged");
  const BootTime from = enter(Phase::sleep);
  switches_at_sleep_ = parts_.clock.process_use().voluntary_switches;
  return from;
}

// What this cycle took since it woke. Work that was not measured is taken for a whole
// allowance: a meter that fails must not make cycles cheap.
void CycleLedger::charge_work() {
  TORPOR_ASSERT(open_, "ledger.work_is_charged_once");
  EnergyBudget& bucket = parts_.budget.bucket();
  double mj = std::max(0.0, total(costs_.energy_mj) - charged_mj_);
  open_ = false;
  if (!reserved_) return bucket.charge(mj);
  if (costs_.unmeasured > unmeasured_before_) mj = std::max(mj, bucket.cycle_mj());
  bucket.settle(mj);
}

Status CycleLedger::save(BootTime next_cycle) {
  TORPOR_ASSERT(!open_, "ledger.what_is_saved_holds_no_allowance");
  return parts_.budget.save(next_cycle);
}

void CycleLedger::break_off() {
  if (!phase_) return;
  end_span(parts_.clock.now().boot);
  phase_.reset();
  if (open_) return charge_work();
  // Reporting, and the sleep after it: the next cycle would have been charged for both.
  parts_.budget.bucket().charge(total(next_.energy_mj));
}

}  // namespace torpor
