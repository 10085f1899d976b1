// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/energy_model.h"

#include <algorithm>

namespace torpor {

PhaseMillijoules EnergyModel::cost(const std::array<Duration, kPhases>& spent,
                                   ResidencyState residency) const {
  PhaseMillijoules energy{};
  for (std::size_t i = 0; i < kPhases; ++i) {
    std::uint32_t rail_mw = model_.sample_mw;
    switch (static_cast<Phase>(i)) {
      case Phase::infer:
      case Phase::release:
        rail_mw = model_.infer_mw;
        break;
      case Phase::sleep:
        rail_mw = residency == ResidencyState::resident ? model_.infer_mw : model_.sleep_mw;
        break;
      case Phase::wake:
      case Phase::sample:
      case Phase::drain:
      case Phase::report:
        break;
    }
    const double ours_mw = std::max(0.0, double{1} * rail_mw - double{1} * model_.idle_mw);
    energy[i] = ours_mw * std::chrono::duration<double>(std::max(spent[i], Duration::zero())).count();
  }
  return energy;
}

double total(const PhaseMillijoules& energy) {
  double sum = 0;
  for (double part : energy) sum += part;
  return sum;
}

}  // namespace torpor
