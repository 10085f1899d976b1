// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/break_even.h"

namespace torpor {

BreakEven break_even(const ResidencyCost& cost) {
  // Negated, so that a figure that is no number falls to the side that claims less.
  const double more_mj = cost.cold_mj - cost.warm_mj;
  const double more_mw = cost.resident_mw - cost.idle_mw;
  if (!(more_mj > 0)) return {.kind = BreakEven::Kind::never};
  if (!(more_mw > 0)) return {.kind = BreakEven::Kind::always};
  return {.kind = BreakEven::Kind::below, .seconds = more_mj / more_mw};
}

}  // namespace torpor
