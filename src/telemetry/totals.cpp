// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/totals.h"

#include <cmath>

namespace torpor {

std::string_view name(BreachKind kind) {
  constexpr std::string_view kNames[kBreachKinds] = {"interval",  "awake",   "energy", "residency",
                                                     "inference", "expired", "suspend"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::array<bool, kBreachKinds> breach_kinds(const CycleReport& r) {
  std::array<bool, kBreachKinds> kinds{};
  const auto set = [&](BreachKind kind, bool happened) { kinds[static_cast<std::size_t>(kind)] = happened; };
  set(BreachKind::interval, r.has(Breach::interval));
  set(BreachKind::awake, r.has(Breach::awake) || r.has(Breach::infer_deadline) || r.has(Breach::dead_man));
  set(BreachKind::energy, r.has(Breach::energy) || r.has(Breach::budget));
  set(BreachKind::residency, r.has(Breach::residency) || r.has(Breach::idle) || r.has(Breach::device));
  set(BreachKind::inference, r.has(Breach::inference));
  set(BreachKind::expired, r.has(Breach::expired));
  set(BreachKind::suspend, r.has(Breach::suspend));
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
