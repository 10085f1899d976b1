// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

namespace torpor {

// Whether a compute device should stay resident between inferences. Releasing it costs
// cold - warm mJ more per inference; holding it costs (resident - idle) mW for as long as the
// interval lasts. They are equal at
//   T* = (E_cold - E_warm) / (P_resident - P_idle)
// Inferring more often than every T*, staying resident pays; less often, it does not.
struct BreakEven {
  enum class Kind {
    below,   // resident pays for intervals below `seconds`
    always,  // holding costs nothing that can be seen, releasing does
    never,   // releasing costs nothing more
  };
  Kind kind = Kind::never;
  double seconds = 0;
};

struct ResidencyCost {
  double cold_mj = 0;      // an inference from nothing, and giving all of it back
  double warm_mj = 0;      // an inference on what was held
  double resident_mw = 0;  // between inferences, held
  double idle_mw = 0;      // between inferences, released
};

// Figures that are no numbers count as 0.
BreakEven break_even(const ResidencyCost& cost);

}  // namespace torpor
