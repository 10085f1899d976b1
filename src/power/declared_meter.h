// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "power/energy_meter.h"

namespace torpor {

// What the module rail draws in each state, as declared by the site configuration (from
// a datasheet or a bench), in milliwatts. All 0: nothing is declared.
struct PowerModel {
  std::uint32_t idle_mw = 0;    // awake without us: the part that is not ours
  std::uint32_t sample_mw = 0;  // awake and not inferring
  std::uint32_t infer_mw = 0;   // the compute device at work, or merely held
  std::uint32_t sleep_mw = 0;   // asleep between cycles
};

// Joules by state x watts where there is no meter. An estimate, and named so wherever it
// shows: infer, release and whatever a device was held through at infer_mw, sleep at
// sleep_mw, all else at sample_mw. A sleep deeper than idle pays for nothing.
class DeclaredMeter final : public EnergyMeter {
 public:
  explicit DeclaredMeter(const PowerModel& model) : model_(model) {}

  std::string_view source() const override { return "declared model"; }
  std::string_view coverage() const override { return "as declared by the site"; }
  EnergyCost lap(Phase phase, Duration span, bool held) override;
  // system_absent: what is declared cannot be looked at.
  Result<std::int64_t> rail_mw() override;

 private:
  PowerModel model_;
};

// Nothing to measure with and nothing declared. Every span is unmeasured.
class NoMeter final : public EnergyMeter {
 public:
  std::string_view source() const override { return "none"; }
  std::string_view coverage() const override { return "nothing"; }
  EnergyCost lap(Phase, Duration span, bool) override { return {.measured = span <= Duration::zero()}; }
  Result<std::int64_t> rail_mw() override;
};

}  // namespace torpor
