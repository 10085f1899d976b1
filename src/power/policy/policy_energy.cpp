// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/policy/policy_energy.h"

#include <algorithm>

namespace torpor {
namespace {

// A stretch of time and what it cost.
struct Stretch {
  double mj = 0;
  double wall_s = 0;
  double cpu_s = 0;
};

class Measuring {
 public:
  Measuring(const BenchPlan& plan, const BenchSeams& bench) : plan_(plan), bench_(bench) {}

  Result<std::vector<PolicyEnergy>> run() {
    bench_.say("idle: " + std::to_string(plan_.rest.count() / 1'000'000) + " ms");
    // Before anything was loaded: afterwards caches, clocks and drivers are warm, and idle would be too high.
    TORPOR_TRY(const double idle, rest_mw(false));
    idle_mw_ = idle;
    std::vector<PolicyEnergy> all;
    for (const BenchPolicy& policy : plan_.policies) {
      bench_.say(policy.backend + " " + policy.residency + ": " + std::to_string(plan_.cycles) + " cycles");
      TORPOR_TRY(PolicyEnergy energy, measure(policy));
      all.push_back(std::move(energy));
    }
    compare(all);
    return all;
  }

 private:
  using Between = BenchPolicy::Between;

  void begin() {
    // The clock before the meter: reading a rail takes its time, and that then lies inside the stretch.
    from_ = bench_.clock.now().boot;
    cpu_from_ = bench_.clock.process_use().cpu;
    if (bench_.meter != nullptr) bench_.meter->lap(Phase::wake, Duration::zero(), false);
  }

  // The meter reads at each end; a stretch is as short as one cycle, so that a power reading
  // is taken where the work is.
  Result<Stretch> end(Phase phase, bool holds_device) {
    // Clock and CPU time first: what reading the meter costs is no part of the cycle.
    const BootTime now = bench_.clock.now().boot;
    const Duration cpu = bench_.clock.process_use().cpu;
    Stretch stretch{.wall_s = seconds_of(now - from_), .cpu_s = seconds_of(cpu - cpu_from_)};
    if (bench_.meter != nullptr) {
      const EnergyCost cost = bench_.meter->lap(phase, now - from_, holds_device);
      if (!cost.measured) {
        // A bench with a hole is no figure; a role would go on and name the span unmeasured.
        Error error{.reason = Reason::system_value};
        error.where << "energy meter";
        error.found << bench_.meter->source();
        error.expected << "a reading at both ends of a cycle";
        return error;
      }
      // Not cut at 0: over many cycles the noise around idle must cancel, not add up.
      stretch.mj = cost.mj - idle_mw_ * stretch.wall_s;
    } else {
      const double watts_above = static_cast<double>(bench_.declared.infer_mw) - bench_.declared.idle_mw;
      // A held device draws while nothing computes, so its time is the wall's; a CPU that waits draws nothing
      // of ours.
      stretch.mj = std::max(0.0, watts_above) * (holds_device ? stretch.wall_s : stretch.cpu_s);
    }
    from_ = now;
    cpu_from_ = cpu;
    return stretch;
  }

  // The rail while nothing runs, above what it was before anything did.
  Result<double> rest_mw(bool holds_device) {
    if (bench_.meter == nullptr) {
      const double above = static_cast<double>(bench_.declared.infer_mw) - bench_.declared.idle_mw;
      return holds_device ? std::max(0.0, above) : 0.0;
    }
    begin();
    bench_.sleep(plan_.rest);
    TORPOR_TRY(const Stretch rest, end(Phase::sample, holds_device));
    return rest.wall_s > 0 ? rest.mj / rest.wall_s : 0.0;
  }

  Status cycle(const BenchPolicy& policy, std::unique_ptr<Backend>& backend) {
    if (!backend) {
      TORPOR_TRY(backend, policy.make());
    }
    TORPOR_CHECK(backend->run(plan_.batch, logits_));
    if (policy.between == Between::held) return {};
    TORPOR_CHECK(backend->release());
    if (policy.between == Between::nothing) backend.reset();
    return {};
  }

  Result<PolicyEnergy> measure(const BenchPolicy& policy) {
    PolicyEnergy energy{.backend = policy.backend, .residency = policy.residency};
    std::unique_ptr<Backend> backend;
    // A backend that is not here is one row of the table, not the end of the bench.
    const auto failed = [&](const Error& error) {
      energy = {.backend = policy.backend, .residency = policy.residency};
      energy.failure = std::string(one_line(error).view());
      return energy;
    };
    logits_.resize(plan_.batch.size());
    // The first one fills caches that are filled in service, too.
    if (const Status warmed = cycle(policy, backend); !warmed) return failed(warmed.error());
    begin();
    for (std::uint32_t i = 0; i < plan_.cycles; ++i) {
      if (const Status ran = cycle(policy, backend); !ran) return failed(ran.error());
      TORPOR_TRY(const Stretch one, end(Phase::infer, policy.holds_device));
      energy.mj += one.mj / plan_.cycles;
      energy.wall_s += one.wall_s / plan_.cycles;
      energy.cpu_s += one.cpu_s / plan_.cycles;
    }
    TORPOR_TRY(energy.rest_mw, rest_mw(policy.holds_device && policy.between == Between::held));
    if (backend) {
      // A policy that keeps the device gives it back here: the next one is measured beside an idle one.
      if (const Status released = backend->release(); !released) return failed(released.error());
    }
    return energy;
  }

  // Each policy that releases against the one that holds the same backend.
  void compare(std::vector<PolicyEnergy>& all) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (plan_.policies[i].between == Between::held || !all[i].failure.empty()) continue;
      for (std::size_t k = 0; k < all.size(); ++k) {
        if (plan_.policies[k].between != Between::held || all[k].backend != all[i].backend ||
            !all[k].failure.empty())
          continue;
        all[i].break_even = break_even({.cold_mj = all[i].mj,
                                        .warm_mj = all[k].mj,
                                        .resident_mw = all[k].rest_mw,
                                        .idle_mw = all[i].rest_mw});
      }
    }
  }

  const BenchPlan& plan_;
  const BenchSeams& bench_;
  std::vector<float> logits_;
  BootTime from_{};
  Duration cpu_from_{};
  double idle_mw_ = 0;
};

}  // namespace

Result<std::vector<PolicyEnergy>> bench_energy(const BenchPlan& plan, const BenchSeams& bench) {
  return Measuring(plan, bench).run();
}

}  // namespace torpor
