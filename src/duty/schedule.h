// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/contract.h"

namespace torpor {

// When cycles begin: slot k at t0 + k x period on boottime, for ever. Every deadline is
// computed from t0, never from the cycle before, so lateness does not add up.
class Schedule {
 public:
  Schedule(const Contract& contract, BootTime t0) : period_(contract.period()), t0_(t0) {}

  BootTime slot(std::uint64_t k) const { return t0_ + static_cast<std::int64_t>(k) * period_; }

  struct Next {
    std::uint64_t slot = 0;
    std::uint32_t skipped = 0;  // slots that began while the cycle was still busy
  };
  // The slot to wait for after the cycle in slot k is done at `now`: k + 1, or where that
  // has begun already the first one that has not. A slot beginning exactly now is taken.
  Next after(std::uint64_t k, BootTime now) const;

 private:
  Duration period_;
  BootTime t0_;
};

}  // namespace torpor
