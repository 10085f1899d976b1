// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/system_tree.h"
#include "power/energy_meter.h"
#include "power/source_name.h"

namespace torpor {

// An energy counter of the kernel's powercap framework (RAPL): what passed between two
// borders is their difference, whatever the power did in between. It wraps at
// max_energy_range_uj; more power than a machine can have, and a counter that stands still,
// are named states and leave the span unmeasured.
class CounterMeter final : public EnergyMeter {
 public:
  // `zone`: the directory with energy_uj; `range_uj`: its max_energy_range_uj, above 0.
  // `tree` outlives this. `idle_mw`: the rail awake without us, as the site declares it.
  CounterMeter(SystemTree& tree, std::string_view name, const std::string& zone, std::int64_t range_uj,
               std::uint32_t idle_mw);

  std::string_view source() const override { return source_.view(); }
  std::string_view coverage() const override { return "CPU package alone"; }
  EnergyCost lap(Phase phase, Duration span, bool held) override;
  // system_absent: a counter tells no power at one moment.
  Result<std::int64_t> rail_mw() override;

 private:
  SystemTree& tree_;
  std::string path_;
  std::int64_t range_uj_;
  double idle_mw_;
  SourceName source_;
  std::optional<std::int64_t> border_uj_;
};

}  // namespace torpor
