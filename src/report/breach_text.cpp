// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/breach_text.h"

#include <algorithm>
#include <cmath>

namespace torpor {
namespace {

std::int64_t whole(double value) { return std::isfinite(value) ? std::llround(value) : 0; }
std::int64_t in_ms(Duration d) { return d.count() / 1'000'000; }

FixedString<120> dearest(const CycleReport& r) {
  const auto most = std::max_element(r.energy_mj.begin(), r.energy_mj.end());
  FixedString<120> text;
  text << whole(total(r.energy_mj)) << " of " << r.contract.active_mj_per_cycle << " mJ, "
       << name(static_cast<Phase>(most - r.energy_mj.begin())) << " " << whole(*most);
  return text;
}

}  // namespace

FixedString<120> breach_text(Breach breach, const CycleReport& r) {
  FixedString<120> text;
  const auto spent = [&](Phase phase) { return r.spent[static_cast<std::size_t>(phase)]; };
  switch (breach) {
    case Breach::interval:
      return text << in_ms(r.interval) << " of " << std::uint64_t{r.contract.sample_ms} + r.contract.sleep_ms
                  << " ms start to start";
    case Breach::awake: {
      Duration awake{};
      for (std::size_t i = 0; i < static_cast<std::size_t>(Phase::report); ++i) awake += r.spent[i];
      return text << in_ms(awake) << " of " << r.contract.awake_limit_ms << " ms";
    }
    case Breach::energy:
      return dearest(r);
    case Breach::residency:
      return text << "release: " << r.residency_note;
    case Breach::infer_deadline:
      return text << "infer: "
                  << whole(static_cast<double>(in_ms(spent(Phase::infer))) / std::max(r.speed, 1.0)) << " ms";
    case Breach::drops:
      for (std::size_t i = 0; i < kDropReasons; ++i) {
        if (r.drops[i] == 0) continue;
        text << (text.empty() ? "drain: " : ", ") << r.drops[i] << " by " << name(static_cast<DropReason>(i));
      }
      return text;
    case Breach::idle:
      return text << "release: rail at " << r.idle_rail_mw << " of " << r.contract.idle_mw << " mW";
    case Breach::budget:
      return text << "wake: " << whole(r.budget_mj) << " of " << r.contract.active_mj_per_cycle
                  << " mJ for a cycle, slept through";
    case Breach::expired:
    case Breach::inference:
    case Breach::device:
    case Breach::dead_man:
    case Breach::suspend:
      return text;
  }
  return text;
}

}  // namespace torpor
