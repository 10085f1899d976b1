// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <string_view>

#include "base/clock.h"
#include "power/phase.h"

namespace torpor {

// What the module rail draws in each state, as declared by the site configuration (from
// a datasheet or a bench), in milliwatts.
struct PowerModel {
  std::uint32_t idle_mw = 0;    // awake without us: the part that is not ours
  std::uint32_t sample_mw = 0;  // awake and not inferring
  std::uint32_t infer_mw = 0;   // the compute device at work, or merely held
  std::uint32_t sleep_mw = 0;   // asleep between cycles
};

// Joules by state x watts where there is no meter. An estimate, and named so wherever it
// shows. Pure; any thread.
class EnergyModel {
 public:
  explicit EnergyModel(const PowerModel& model) : model_(model) {}

  // Energy attributed to us: (rail - idle) x time by phase, in mJ, never below zero: a
  // sleep deeper than idle must not pay for an overspent phase. infer and release run at
  // infer_mw, sleep at sleep_mw, all else at sample_mw. With `residency` resident the
  // sleep is charged at infer_mw, since the device was held through it; `unknown` is not
  // charged, it is reported for what it is.
  PhaseMillijoules cost(const std::array<Duration, kPhases>& spent, ResidencyState residency) const;

  // For CycleReport::energy_source.
  static constexpr std::string_view source() { return "declared model"; }

 private:
  PowerModel model_;
};

double total(const PhaseMillijoules& energy);

}  // namespace torpor
