// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/schedule.h"

namespace torpor {

Schedule::Next Schedule::after(std::uint64_t k, BootTime now) const {
  Next next{.slot = k + 1, .skipped = 0};
  const Duration late = now - slot(next.slot);
  if (late > Duration::zero()) {
    const auto lost = static_cast<std::uint64_t>((late + period_ - Duration(1)) / period_);
    next.slot += lost;
    next.skipped = static_cast<std::uint32_t>(lost);
  }
  return next;
}

}  // namespace torpor
