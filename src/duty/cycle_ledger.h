// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <optional>

#include "base/clock.h"
#include "duty/stored_budget.h"
#include "power/energy_meter.h"
#include "power/phase.h"

namespace torpor {

// What cycles take, phase by phase, in time and energy, and what the hour's budget is charged
// for it. Knows which phase is under way: every border ends one span and begins the next, so
// that no moment is booked twice and none is lost, also when a cycle is broken off.
//
//   begin   the sleep before this cycle, and the reporting before that sleep, are booked to it
//           and charged; then the hour's inflow; then the allowance is reserved
//   enter   wake, sample, drain, infer, release, in this order; some may be left out
//   close   the work is over and charged in place of the allowance; reporting begins
//   sleep   reporting is over
//
// The meter is told how long a span really was (Clock::real). A wait costs as if it had lasted
// as long as the clock says, so that a fast run shows the energy of a real one.
// One thread; no heap.
class CycleLedger {
 public:
  struct Parts {
    const Clock& clock;
    EnergyMeter& meter;
    StoredBudget& budget;
  };
  // As they stand in one report: [report] and [sleep] are those before the cycle.
  struct Costs {
    std::array<Duration, kPhases> spent{};
    PhaseMillijoules energy_mj{};
    double error_mj = 0;    // bound of the integration error, the sleep's left out
    Duration unmeasured{};  // time no reading covers
    bool sleep_interpolated = false;
    Duration cpu{};         // since the report before; never scaled
    BootTime slept_from{};  // when the sleep before began; 0: no sleep before
    Duration interval{};    // from waking to waking; 0 in the first cycle
    std::uint32_t voluntary_switches_asleep = 0;
  };

  explicit CycleLedger(const Parts& parts) : parts_(parts) {}

  // A cycle wakes at `woke`. False: the hour's budget cannot pay for it; then nothing is
  // reserved, and only what it really takes is charged.
  [[nodiscard]] bool begin(BootTime woke);
  // The phase under way ends now and `next` begins. Returns now.
  BootTime enter(Phase next);
  // A compute device is held from now on, or is not, as far as is known.
  void hold(bool held) { held_ = held; }
  BootTime close();
  BootTime sleep();
  // The process ends in the middle of anything: what it took until now is charged.
  void break_off();

  // Complete from close() on.
  const Costs& costs() const { return costs_; }
  double balance_mj() const { return parts_.budget.bucket().balance_mj(); }
  const EnergyMeter& meter() const { return parts_.meter; }
  // StoredBudget::save, between cycles: everything until now is charged, but for the reporting
  // under way.
  Status save(BootTime next_cycle);

 private:
  void end_span(BootTime at);
  void charge_work();

  Parts parts_;
  std::optional<Phase> phase_;  // under way; none before the first cycle and after break_off
  BootTime since_{};            // when it began
  bool held_ = false;
  Costs costs_;  // of the cycle under way, or just closed
  Costs next_;   // what is known already of the next: its [report] and [sleep]
  BootTime woke_{};

  bool open_ = false;             // begun, and its work not charged yet
  bool reserved_ = false;         // the allowance is out of the bucket
  double charged_mj_ = 0;         // of costs_ in the bucket already
  Duration unmeasured_before_{};  // of costs_: before this cycle woke
  ProcessUse use_before_{};
  std::uint64_t switches_at_sleep_ = 0;
};

}  // namespace torpor
