// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "power/phase.h"

namespace torpor {

// What one span of time cost, as far as it is known.
struct EnergyCost {
  double mj = 0;              // attributed to us: (rail - idle) x time, never below 0
  double error_mj = 0;        // |true - mj| is at most this while the rail moves one way
  bool measured = true;       // false: no reading covers the span, mj is 0
  bool interpolated = false;  // from readings at both ends of a sleep
};

// Joules by phase on the module rail. Read at the phase borders the cycle has anyway: a
// meter never costs a wake-up. One thread; no heap after it was made.
//
// A reading that fails, or is no number a rail can have, leaves the spans on both its sides
// unmeasured and puts the meter into a state that source() names; the next border tries
// again.
//
// Implementations: DeclaredMeter (state x watts of the site), RailMeter (power readings:
// trapezoid between borders), CounterMeter (an energy counter: exact, wraps), NoMeter.
// probe_meter() (power/meter_probe.h) finds the best one this machine has.
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  // For CycleReport: "ina3221 VDD_IN", "rapl package-0", "declared model", "none"; and while
  // readings fail, the state that is in: "ina3221 VDD_IN: EIO".
  virtual std::string_view source() const = 0;
  // What the figure covers: "module, without carrier board".
  virtual std::string_view coverage() const = 0;

  // A border: the span since the border before was `phase` and lasted `span` of real time.
  // `held`: a compute device was still held through it, as far as is known. A span of zero
  // (or less) only sets the border, from which the next span is measured, and costs nothing.
  virtual EnergyCost lap(Phase phase, Duration span, bool held) = 0;
  // The rail now, in mW, to be judged against the contract's idle limit. system_absent
  // where this source cannot tell; errors of the reading.
  virtual Result<std::int64_t> rail_mw() = 0;
};

// Watts no module rail and no CPU package of a robot reaches: a reading beyond is none.
inline constexpr std::int64_t kMaxRailMw = 1'000'000;

}  // namespace torpor
