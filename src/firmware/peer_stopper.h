// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/clock.h"
#include "base/result.h"

namespace torpor {

// Why the detector is to be stopped.
struct Overdue {
  bool asleep = false;     // it did not come back from its sleep; else it is awake for too long
  Duration after{};        // awake for so long, or past the end of its sleep
  Duration limit{};        // what it may be
  std::uint64_t window{};  // the last one it asked for, 0: none
};

// The seam through which the sampler ends a detector that does not end by itself: a process
// on a computer (firmware/host/dead_man.h), the other processor's power switch on an MCU.
class PeerStopper {
 public:
  // At once and without asking: who spins or hangs hears nothing. May be done to a detector
  // in the middle of anything; all that it keeps is crash-safe. An error is said by the
  // implementation; the sampler then hangs up and goes on.
  virtual Status stop(const Overdue& why) = 0;

 protected:
  ~PeerStopper() = default;  // owned by its own type only: firmware has no heap
};

}  // namespace torpor
