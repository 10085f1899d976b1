// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "eval/compare.h"
#include "eval/protocols.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::ordered_json;

// How a row is called in the results: by fault, and by condition where there are several.
std::string condition_of(const Recording& r) { return fmt::format("{:.0f} rpm, {}", r.rpm, r.load); }

// Picks windows by what is said of their recording.
template <class Keep>
WindowList pick(const SplitWindows& from, const PackMachine& machine, Keep keep) {
  return from.where([&](std::size_t i) { return keep(machine.recordings[i]); });
}

template <class Name>
std::set<std::string> names(const PackMachine& machine, Split split, Name name) {
  std::set<std::string> out;
  for (const Recording* r : machine.of(split)) out.insert(name(*r));
  return out;
}

}  // namespace

Result<Json> run_same(ProtocolRun& c) {
  Json machines = Json::array();
  for (const PackMachine& machine : machines_of(c.manifest)) {
    if (machine.of(Split::train_healthy).empty() || machine.of(Split::test_healthy).empty()) continue;
    c.say(machine.name);
    TORPOR_TRY(auto train,
               measure_split(c.measurer, c.manifest, machine, Split::train_healthy, c.options.load, 0));
    const double running = running_rms(train);
    drop_standing_still(train, running);
    TORPOR_TRY(auto healthy,
               measure_split(c.measurer, c.manifest, machine, Split::test_healthy, c.options.load, running));
    TORPOR_TRY(auto faulty,
               measure_split(c.measurer, c.manifest, machine, Split::test_fault, c.options.load, running));
    Json entry = {{"machine", machine.name},
                  {"training_windows", train.windows.size()},
                  {"standing_still", train.standing_still + healthy.standing_still + faulty.standing_still}};
    auto baseline = fit(train.all());
    TORPOR_TRY(const HeldOut held_out, held_out_scores(c.scorer, train.all()));
    // Told in the result, not as an error: the other machines of the pack are still judged.
    if (!baseline || held_out.scores.size() < 2 || healthy.windows.empty()) {
      entry["refused"] = kTooLittleHealthy;
      machines.push_back(entry);
      continue;
    }
    const Units units = units_of(held_out.scores);
    TORPOR_TRY(const auto h, c.scorer.score(*baseline, healthy.all()));
    // Of the first axis: all have the same windows.
    entry["n_eff"] = baseline->axis[0]->n_eff;
    entry["held_out_windows"] = units.n;
    Json results = Json::array();
    auto add = [&](const std::string& what, const WindowList& windows,
                   std::span<const CycleScores> against) -> Status {
      TORPOR_TRY(const auto f, c.scorer.score(*baseline, windows));
      results.push_back(compared({{"faults", what}}, units, against, f));
      return {};
    };
    TORPOR_CHECK(add("all", faulty.all(), h));
    const auto faults = names(machine, Split::test_fault, [](const Recording& r) { return r.fault; });
    if (faults.size() > 1)
      for (const std::string& fault : faults)
        TORPOR_CHECK(
            add(fault, pick(faulty, machine, [&](const Recording& r) { return r.fault == fault; }), h));
    // A condition is compared with healthy running in the same condition where there is some.
    const auto conditions = names(machine, Split::test_fault, condition_of);
    // A single condition would repeat "all".
    if (conditions.size() > 1)
      for (const std::string& condition : conditions) {
        auto here = [&](const Recording& r) { return condition_of(r) == condition; };
        WindowList against = pick(healthy, machine, here);
        std::vector<CycleScores> g = h;
        if (!against.empty()) {
          TORPOR_TRY(g, c.scorer.score(*baseline, against));
        }
        TORPOR_CHECK(add(condition, pick(faulty, machine, here), g));
      }
    entry["results"] = results;
    machines.push_back(entry);
  }
  return results_of(std::move(machines), c.manifest.path(),
                    "train_healthy, test_healthy and test_fault rows of one machine");
}

// One speed (or, where all ran at one speed, one load) is left out of the baseline and of
// every threshold, then its healthy and faulty windows are judged.
Result<Json> run_loso(ProtocolRun& c) {
  Json machines = Json::array();
  for (const PackMachine& machine : machines_of(c.manifest)) {
    auto speed = [](const Recording& r) { return fmt::format("{:.0f} rpm", r.rpm); };
    auto load_name = [](const Recording& r) { return r.load; };
    // Of training, not of test: what was never learned cannot be left out.
    std::set<std::string> left_out = names(machine, Split::train_healthy, speed);
    const bool by_speed = left_out.size() > 1;
    if (!by_speed) left_out = names(machine, Split::train_healthy, load_name);
    if (left_out.size() < 2 || machine.of(Split::test_healthy).empty()) continue;
    c.say(machine.name);
    TORPOR_TRY(auto train,
               measure_split(c.measurer, c.manifest, machine, Split::train_healthy, c.options.load, 0));
    const double running = running_rms(train);
    TORPOR_TRY(auto healthy,
               measure_split(c.measurer, c.manifest, machine, Split::test_healthy, c.options.load, 0));
    TORPOR_TRY(auto faulty,
               measure_split(c.measurer, c.manifest, machine, Split::test_fault, c.options.load, 0));
    Json results = Json::array();
    for (const std::string& out : left_out) {
      auto is_out = [&](const Recording& r) { return (by_speed ? speed(r) : load_name(r)) == out; };
      const WindowList learn = pick(train, machine, [&](const Recording& r) { return !is_out(r); });
      const WindowList h = pick(healthy, machine, is_out), f = pick(faulty, machine, is_out);
      // Baseline, scales and thresholds anew for each: none may have heard the speed that is judged.
      auto baseline = fit(learn);
      TORPOR_TRY(const HeldOut held_out, held_out_scores(c.scorer, learn));
      Json row = {
          {"left_out", out}, {"learned_windows", learn.size()}, {"held_out_windows", held_out.scores.size()}};
      if (!baseline || held_out.scores.size() < 2) {
        row["refused"] = kTooLittleHealthy;
        results.push_back(row);
        continue;
      }
      TORPOR_TRY(const auto hs, c.scorer.score(*baseline, h));
      TORPOR_TRY(const auto fs, c.scorer.score(*baseline, f));
      if (!hs.empty()) row["new_speed"] = !hs.front().calibrated_speed;
      results.push_back(compared(std::move(row), units_of(held_out.scores), hs, fs));
    }
    machines.push_back({{"machine", machine.name}, {"running_rms", running}, {"results", results}});
  }
  return results_of(std::move(machines), c.manifest.path(),
                    "train_healthy rows at two speeds or loads, test_healthy and test_fault rows");
}

}  // namespace torpor::eval
