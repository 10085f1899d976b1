// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "contract/contract.h"

namespace torpor {

// One window a period, by the sampler's own clock and its own contract, whatever the detector
// takes its contract to say. Counts across sessions and detectors: a peer that comes back is not
// owed a window for it.
//
// A request is served from the period less the tolerance after the window before on. A detector
// keeps to slots, one a period, but may ask late in a slot: it finds its link again, or its
// sampler is slow to hear. So as long as a request is no later in its slot than a detector that
// keeps its contract can be (the awake limit less sample and deadlines), the next is measured
// from the slot and not from the request; else the slots begin anew with it. So do they with one
// that is early in its slot after a slot without a window. Each slot is given
// once, so that windows can never be more than one a period (the virtual scheduling algorithm of
// ITU-T I.371, with the lateness bounded). Pure, freestanding. One thread.
class WindowGate {
 public:
  WindowGate(const Contract& contract, std::uint32_t speed_permille);

  // When a request is served again; min(): at once, none was given yet.
  BootTime earliest() const { return slot_ ? *slot_ + spacing() : BootTime::min(); }
  [[nodiscard]] bool admits(BootTime now) const { return now >= earliest(); }
  // A window begins at `now`, which is admitted. `away`: the sampler itself was away for so long
  // and may have heard of the request so much later.
  void given(BootTime now, Duration away);

  // The least from one window to the next.
  Duration spacing() const { return period_ - tolerance_; }
  // Since the slot that the last window was given for began; max(): there was none.
  Duration since_slot(BootTime now) const { return slot_ ? now - *slot_ : Duration::max(); }

 private:
  Duration period_;
  Duration tolerance_;
  Duration lateness_;             // that a request may have within its slot
  std::optional<BootTime> slot_;  // that the last window was given for
};

}  // namespace torpor
