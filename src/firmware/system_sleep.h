// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"

namespace torpor {

// How one suspend went.
struct SuspendOutcome {
  Duration slept{};              // the machine stood still for so long, perhaps 0
  std::optional<Error> trouble;  // why not until shortly before the end; suspend_too_short is
                                 // no failure, every other reason is
};

// The seam through which the sampler suspends the machine it shares with the detector. Only
// a sampler that runs on that machine has one: firmware/host/host_sleep.h.
class SystemSleep {
 public:
  // Suspends to RAM, this process included, with a wake-up shortly before `until`, and
  // returns when the machine runs again. The one call of a role's seams that takes time: in
  // it nobody could have been served.
  virtual SuspendOutcome suspend_until(BootTime until) = 0;
  // Suspending failed as often as the contract allows; it will not be asked for again.
  virtual void given_up(const Error& last) = 0;

 protected:
  ~SystemSleep() = default;  // owned by its own type only: firmware has no heap
};

}  // namespace torpor
