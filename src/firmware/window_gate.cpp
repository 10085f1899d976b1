// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/window_gate.h"

#include "base/assertion.h"

namespace torpor {

using std::chrono::milliseconds;

// What a processor does takes real time also on a scaled clock; divided first, both are whole
// milliseconds. The contract's rules hold the awake limit above what is taken from it.
WindowGate::WindowGate(const Contract& contract, std::uint32_t speed_permille)
    : period_(contract.period()),
      tolerance_(milliseconds(contract.terms().duty.interval_tolerance_ms)),
      lateness_((milliseconds(contract.terms().power.awake_limit_ms) - contract.sample() -
                 milliseconds(contract.terms().power.infer_deadline_ms) -
                 milliseconds(contract.terms().power.release_deadline_ms)) /
                1000 * speed_permille) {
  TORPOR_ASSERT(lateness_ >= Duration::zero(), "window_gate.the_awake_limit_covers_what_is_in_it");
  TORPOR_ASSERT(2 * tolerance_ < period_, "window_gate.the_tolerance_is_no_second_window");
}

void WindowGate::given(BootTime now, Duration away) {
  TORPOR_ASSERT(admits(now), "window_gate.only_what_is_admitted_is_given");
  BootTime slot = now;
  if (slot_) {
    // The newest slot that has begun, or within the tolerance is about to: a request that is early
    // by the tolerance moves no slot, so that a tolerance is had once and not in every period.
    // Unless a whole slot went without a window: then the first request was late, these are the
    // detector's slots, and without the move it would be refused again and again.
    const auto passed = (now - *slot_ + tolerance_) / period_;
    const BootTime newest = *slot_ + passed * period_;
    const bool late = now >= newest;
    if (late ? now - newest <= lateness_ + away : passed < 2) slot = newest;
  }
  TORPOR_ASSERT(!slot_ || slot >= *slot_ + spacing(), "window_gate.no_slot_is_given_twice");
  slot_ = slot;
}

}  // namespace torpor
