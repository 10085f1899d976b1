// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/compare.h"
#include "eval/mix.h"
#include "eval/protocols.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::ordered_json;
// Fault's RMS against the healthy window's, in dB: from plainly audible to buried.
constexpr double kLevelsDb[] = {-4, -8, -12, -16, -20, -24};
// Fault windows tried per machine and level: spread over all of them, enough for two
// digits of an AUC.
constexpr std::size_t kMostFaults = 240;

// The scores of faults mixed into healthy windows at one level.
Result<std::vector<CycleScores>> mixed_scores(ProtocolRun& c, const MachineBaseline& baseline,
                                              const std::vector<Piece16>& healthy_pieces,
                                              const std::vector<Piece16>& fault_pieces, double level) {
  // Every n-th of all, not the first so many: the faults of a pack come sorted by kind.
  const std::size_t every = (fault_pieces.size() + kMostFaults - 1) / kMostFaults;
  std::vector<CycleScores> f;
  for (std::size_t i = 0; i < fault_pieces.size(); i += every) {
    const Piece16& fault = fault_pieces[i];
    // A healthy window of the same condition where there is one.
    std::vector<const Piece16*> fitting;
    for (const Piece16& p : healthy_pieces)
      if (p.recording.rpm == fault.recording.rpm) fitting.push_back(&p);
    // Without one of its speed any healthy window serves; the mix is then told the healthy one's speed,
    // like a robot whose tachometer is right.
    const Piece16& under =
        fitting.empty() ? healthy_pieces[i % healthy_pieces.size()] : *fitting[i % fitting.size()];
    const RecordedSamples mixed = mix(under, fault, level);
    TORPOR_TRY(const auto windows, c.measurer.measure_whole(mixed, under.recording));
    for (const MeasuredWindow& w : windows) {
      TORPOR_TRY(const CycleScores s, c.scorer.score(baseline, w));
      f.push_back(s);
    }
  }
  return f;
}

}  // namespace

// Weak faults made of strong ones: a healthy test window plus a fault window, the latter
// brought to a level below the healthy one's RMS.
Result<Json> run_dilute(ProtocolRun& c) {
  Json machines = Json::array();
  for (const PackMachine& machine : machines_of(c.manifest)) {
    if (machine.of(Split::train_healthy).empty() || machine.of(Split::test_healthy).empty()) continue;
    c.say(machine.name);
    TORPOR_TRY(auto train,
               measure_split(c.measurer, c.manifest, machine, Split::train_healthy, c.options.load, 0));
    const double running = running_rms(train);
    drop_standing_still(train, running);
    auto baseline = fit(train.all());
    TORPOR_TRY(const HeldOut held_out, held_out_scores(c.scorer, train.all()));
    Json entry = {{"machine", machine.name},
                  {"training_windows", train.windows.size()},
                  {"held_out_windows", held_out.scores.size()}};
    if (!baseline || held_out.scores.size() < 2) {
      entry["refused"] = kTooLittleHealthy;
      machines.push_back(entry);
      continue;
    }
    const Units units = units_of(held_out.scores);
    TORPOR_TRY(auto healthy,
               measure_split(c.measurer, c.manifest, machine, Split::test_healthy, c.options.load, running));
    TORPOR_TRY(const auto h, c.scorer.score(*baseline, healthy.all()));

    // The samples themselves. Fault windows do not overlap.
    std::vector<Piece16> healthy_pieces, fault_pieces;
    for (Split split : {Split::test_healthy, Split::test_fault})
      for (const Recording* r : machine.of(split)) {
        TORPOR_TRY(const auto samples, load(c.manifest, *r, c.options.load));
        const WindowPlan plan = split == Split::test_healthy
                                    ? test_plan(c.options.load.window_s)
                                    : WindowPlan{c.options.load.window_s, c.options.load.window_s};
        for (const Range& range : plan_windows(samples, plan)) {
          Piece16 piece = cut(samples, range, *r);
          if (piece.rms >= running / 5)
            (split == Split::test_healthy ? healthy_pieces : fault_pieces).push_back(std::move(piece));
        }
      }
    if (healthy_pieces.empty() || fault_pieces.empty()) {
      entry["refused"] = healthy_pieces.empty() ? "no healthy test window" : "no fault window";
      machines.push_back(entry);
      continue;
    }
    Json levels = Json::array();
    for (double level : kLevelsDb) {
      TORPOR_TRY(const auto f, mixed_scores(c, *baseline, healthy_pieces, fault_pieces, level));
      levels.push_back(compared({{"level_db", level}}, units, h, f));
    }
    entry["results"] = levels;
    machines.push_back(entry);
  }
  return results_of(std::move(machines), c.manifest.path(),
                    "train_healthy, test_healthy and test_fault rows of one machine");
}

}  // namespace torpor::eval
