// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "link/message.h"

namespace torpor {

// Why the detector is to be stopped.
struct Offence {
  StopCause cause{};
  // awake: for so long; asleep: past the end of its sleep; early: from the slot of the
  // window before to this request; flood: in so short a time it said too much.
  Duration after{};
  Duration limit{};        // what it may be; early: what it must be; flood: for how long it is enough
  std::uint64_t window{};  // the last one it was given, 0: none
};

// The seam through which the sampler ends a detector that does not end by itself: a process
// on a computer (roles/sampler/dead_man.h), the other processor's power switch on an MCU.
class PeerStopper {
 public:
  // At once and without asking: who spins or hangs hears nothing. May be done to a detector
  // in the middle of anything; all that it keeps is crash-safe. An error is said by the
  // implementation; the sampler then hangs up and goes on.
  virtual Status stop(const Offence& why) = 0;

 protected:
  ~PeerStopper() = default;  // owned by its own type only: firmware has no heap
};

}  // namespace torpor
