// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/system_tree.h"
#include "power/device_runtime.h"
#include "power/energy_meter.h"
#include "power/source_name.h"

namespace torpor {

// One channel of an INA3221: where its label was found, and what to read. Either one
// attribute in mW, or mV and mA, whose product is read instead.
struct RailChannel {
  std::string label;  // "VDD_IN"
  std::string mw;     // path; empty: mv x ma
  std::string mv;
  std::string ma;
};

// A power reading at each border. What lies between two readings is the trapezoid under
// them; while the rail moves one way, the truth is within |Pa - Pb| / 2 x dt of it, which
// is the bound given (integration alone: the sensor's own accuracy is its datasheet's).
//
// A sleep is measured from the readings at its ends and the kernel's runtime counters of
// the GPU, where it has them: the share of the sleep in which the GPU was active is
// charged at the reading at the end of the last inference. Labelled interpolated.
class RailMeter final : public EnergyMeter {
 public:
  // `tree` outlives this. `idle_mw`: the rail awake without us, as the site declares it.
  RailMeter(SystemTree& tree, RailChannel channel, std::uint32_t idle_mw);

  std::string_view source() const override { return source_.view(); }
  std::string_view coverage() const override { return "module, without carrier board"; }
  EnergyCost lap(Phase phase, Duration span, bool held) override;
  // Errors: those of SystemTree::read; system_value for what no rail can have.
  Result<std::int64_t> rail_mw() override;

 private:
  SystemTree& tree_;
  RailChannel channel_;
  double idle_mw_;
  SourceName source_;
  DeviceRuntime gpu_;
  std::optional<double> border_mw_;  // at the border before
  std::optional<double> infer_mw_;   // at the end of the last inference
};

}  // namespace torpor
