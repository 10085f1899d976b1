// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/backend.h"
#include "power/break_even.h"
#include "power/declared_meter.h"

namespace torpor {

// One way to run the network once a cycle, to be measured.
struct BenchPolicy {
  // What is left of the backend between two inferences.
  enum class Between : std::uint8_t {
    nothing,   // made, loaded, run, released and destroyed in every cycle
    released,  // made once; release() after every run
    held,      // made once; never released before the end
  };
  std::string backend;    // "cpu"
  std::string residency;  // as the contract calls it, or "keep"
  Between between = Between::nothing;
  bool holds_device = false;  // it draws power beside the processor: time counts, not CPU time
  std::function<Result<std::unique_ptr<Backend>>()> make;  // loaded for the batch
};

struct BenchPlan {
  std::vector<BenchPolicy> policies;
  std::vector<TokenSet> batch;  // of one cycle
  std::uint32_t cycles = 0;     // inferences of each policy, at least 1
  Duration rest{};              // how long the rail is watched between inferences
};

// Everything the measuring stands on. `meter` has no idle to subtract: its figures are of
// the whole rail. Without one (null) energy is CPU-seconds, or seconds where a device is
// held, x declared watts above idle.
struct BenchSeams {
  const Clock& clock;
  EnergyMeter* meter = nullptr;
  PowerModel declared;
  std::function<void(Duration)> sleep;
  std::function<void(const std::string&)> say;  // progress
};

struct PolicyEnergy {
  std::string backend;
  std::string residency;
  std::string failure{};  // why it could not be measured; the rest is 0 then
  double mj = 0;          // of one cycle, above idle
  double wall_s = 0;
  double cpu_s = 0;
  double rest_mw = 0;                     // between inferences, above idle; below 0: quieter than idle was
  std::optional<BreakEven> break_even{};  // of releasing against holding the same backend
};

// Idle first, then each policy in turn. A policy whose backend cannot be made or does not
// run is reported as failed and the others go on. system_value when the meter does not answer
// soundly: a figure with a hole in it is none.
Result<std::vector<PolicyEnergy>> bench_energy(const BenchPlan& plan, const BenchSeams& bench);

}  // namespace torpor
