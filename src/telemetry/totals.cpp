// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/totals.h"

#include <cmath>

namespace torpor {

std::array<bool, kBreachKinds> breach_kinds(const CycleReport& r) {
  std::array<bool, kBreachKinds> kinds{};
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    const BreachKind kind = kind_of(breach);
    if (r.has(breach) && kind != BreachKind::none) kinds[static_cast<std::size_t>(kind)] = true;
  }
  return kinds;
}

void Totals::add(const CycleReport& r) {
  ++cycles;
  for (std::size_t i = 0; i < kPhases; ++i) {
    // A counter never falls, whatever a meter says; what is not a number counts nothing.
    if (r.energy_mj[i] > 0 && r.energy_mj[i] < 1e12)
      energy_uj[i] += static_cast<std::uint64_t>(std::llround(r.energy_mj[i] * 1e3));
  }
  for (std::size_t i = 0; i < kDropReasons; ++i) drops[i] += r.drops[i];
  const auto kinds = breach_kinds(r);
  for (std::size_t i = 0; i < kBreachKinds; ++i) breaches[i] += kinds[i] ? 1 : 0;
  // The sleep in a report is the one before it: what was held then is the report before's word.
  const Duration slept = r.spent[static_cast<std::size_t>(Phase::sleep)];
  if (resident && slept > Duration::zero()) idle_residency_ns += static_cast<std::uint64_t>(slept.count());
  resident = r.residency == ResidencyState::resident;
}

}  // namespace torpor
