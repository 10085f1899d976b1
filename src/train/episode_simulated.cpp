// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>

#include "train/episode.h"

// Which windows of a simulated machine are baseline and which are queries.
namespace torpor::train {
namespace {

constexpr double kSpeedRatio = 0.7;  // ln of the largest ratio of two speeds of a machine

struct Regimes {
  std::vector<Regime> calibrated, unseen;
};

Regimes draw_regimes(Machine& machine) {
  Random& random = machine.random();
  Regimes out;
  // So that the reference speed, where levels are 1, lies among the machine's speeds.
  const double lowest = machine.facts().reference_hz * std::exp(-random.uniform(0, kSpeedRatio));
  const std::size_t count = random.chance(0.4) ? 1 : static_cast<std::size_t>(random.between(2, 4));
  std::vector<double> taken;
  for (double hz : draw_speeds(random, lowest, kSpeedRatio, count, {})) {
    out.calibrated.push_back(machine.regime(hz));
    taken.push_back(hz);
  }
  // Without a told speed a new one cannot be known as new.
  if (machine.facts().speed_known)
    // A little wider on both sides: new speeds lie beyond the calibrated ones as well as between.
    for (double hz : draw_speeds(random, lowest * 0.9, kSpeedRatio + 0.2, 5, taken))
      out.unseen.push_back(machine.regime(hz));
  return out;
}

// A machine's query half: its slow drift since the baseline was learned.
Regime drifted(const Regime& regime, const std::vector<float>& drift) {
  Regime out = regime;
  for (std::size_t k = 0; k < out.shape.size(); ++k)
    out.shape[k] *= static_cast<float>(std::pow(10.0, static_cast<double>(drift[k]) / 20));
  return out;
}

}  // namespace

// One short recording, cut with overlap: many windows, few independent ones.
void EpisodeMaker::add_short_baseline(const Regime& regime, SimulatedMachine& from, MachineFeatures& out) {
  Random& random = from.machine.random();
  const std::size_t n = from.machine.facts().samples;
  const double independent = random.uniform(3, 20);
  std::vector<float> recording(static_cast<std::size_t>(independent * static_cast<double>(n)));
  from.machine.render(regime, recording);
  const auto count = static_cast<std::size_t>(std::min(60.0, independent * random.uniform(1.5, 5)));
  const float weight = static_cast<float>(independent / static_cast<double>(count));
  for (std::size_t i = 0; i < count; ++i) {
    // Even steps from the first sample to the last window.
    const std::size_t at = (recording.size() - n) * i / std::max<std::size_t>(count - 1, 1);
    from.a.assign(recording.begin() + static_cast<std::ptrdiff_t>(at),
                  recording.begin() + static_cast<std::ptrdiff_t>(at + n));
    add_simulated(regime, from, from.a, weight, {from.track, at, at + n}, out);
  }
  ++from.track;
}

// Windows that share nothing, the speeds in turn.
void EpisodeMaker::add_long_baseline(const std::vector<Regime>& regimes, SimulatedMachine& from,
                                     MachineFeatures& out) {
  const std::size_t n = from.machine.facts().samples;
  const auto count = static_cast<std::size_t>(from.machine.random().between(24, 140));
  // Two at a time, because the noise comes in pairs (noise.h).
  for (std::size_t i = 0; i < count; i += 2) {
    const Regime& regime = regimes[(i / 2) % regimes.size()];
    from.machine.render(regime, from.a, from.b);
    add_simulated(regime, from, from.a, 1, {from.track++, 0, n}, out);
    add_simulated(regime, from, from.b, 1, {from.track++, 0, n}, out);
  }
}

void EpisodeMaker::add_simulated(const Regime& regime, SimulatedMachine& from, std::vector<float>& window,
                                 float weight, const Span& span, MachineFeatures& out) {
  if (from.bumpy && from.machine.random().chance(0.2)) from.machine.add_bumps(window);
  const MachineFacts& facts = from.machine.facts();
  add_to_baseline(from.measure, window, facts.blocks, facts.speed_known ? regime.shaft_hz : 0.0, weight, span,
                  out);
}

MachineFeatures EpisodeMaker::measure_simulated(std::uint64_t seed) {
  Machine machine(seed);
  const MachineFacts& facts = machine.facts();
  Random& random = machine.random();
  MachineFeatures out;
  out.speed_known = facts.speed_known;
  const auto [calibrated, unseen] = draw_regimes(machine);
  const std::size_t n = facts.samples;
  SimulatedMachine from{.machine = machine,
                        .measure = extractor(facts.rate_hz, n, facts.speed_known),
                        .bumpy = random.chance(0.25),
                        .a = std::vector<float>(n),
                        .b = std::vector<float>(n)};
  if (options_.short_baselines && calibrated.size() == 1 && random.chance(0.35)) {
    add_short_baseline(calibrated[0], from, out);
  } else {
    add_long_baseline(calibrated, from, out);
  }

  // One drift for all queries of a machine: it has aged as a whole since it was learned.
  const std::vector<float> drift = smooth_change(random, random.chance(0.25) ? random.uniform(0, 1.5) : 0.0);
  for (std::size_t i = 0; i < options_.queries; i += 2) {
    const bool at_new = !unseen.empty() && i >= options_.queries / 2;
    const Regime& regime = at_new ? unseen[(i / 2) % unseen.size()] : calibrated[(i / 2) % calibrated.size()];
    machine.render(drifted(regime, drift), from.a, from.b);
    for (std::vector<float>* window : {&from.a, &from.b}) {
      QueryFeatures query;
      query.calibrated = !at_new;
      query.span = {from.track++, 0, n};
      finish_query(machine, regime, from.measure, facts.blocks, facts.speed_known, *window, query);
      out.queries.push_back(std::move(query));
    }
  }
  return out;
}

}  // namespace torpor::train
