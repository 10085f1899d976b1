// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "eval/compare.h"
#include "eval/life.h"
#include "eval/protocols.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::ordered_json;

// A life behind its learning, window by window.
struct Played {
  std::vector<double> t_s;
  std::vector<CycleScores> scores;  // of the window at the same place in t_s
  double end_s = 0;
  double healthy_until_s = 0;
  double failing_from_s = 0;
  std::size_t failing_windows = 0;
};

Result<Played> play(ProtocolRun& c, const PackMachine& machine, const MachineBaseline& baseline,
                    double running) {
  const double learned_until = machine.of(Split::train_healthy).back()->t0_s;
  Played life;
  life.healthy_until_s = learned_until;
  life.failing_from_s = machine.of(Split::test_fault).front()->t0_s;
  for (std::size_t i = 0; i < machine.recordings.size(); ++i) {
    const Recording& r = machine.recordings[i];
    if (r.t0_s <= learned_until) continue;
    TORPOR_TRY(const auto samples, load(c.manifest, r, c.options.load));
    TORPOR_TRY(const auto windows, c.measurer.measure(samples, r, i, test_plan(c.options.load.window_s)));
    for (const MeasuredWindow& w : windows) {
      if (w.rms < running / 5) continue;
      TORPOR_TRY(const CycleScores s, c.scorer.score(baseline, w));
      life.scores.push_back(s);
      life.t_s.push_back(w.t_s);
      life.end_s = std::max(life.end_s, w.t_s);
      if (r.split == Split::test_healthy) life.healthy_until_s = std::max(life.healthy_until_s, w.t_s);
      if (w.t_s >= life.failing_from_s) ++life.failing_windows;
    }
  }
  return life;
}

// By score, for each margin; counted into `totals`.
Json outcomes(const Played& life, const HeldOut& held_out, Json& totals) {
  const Units units = units_of(held_out.scores);
  Json by_score;
  for (std::size_t k = 0; k < kKinds; ++k) {
    const auto s = column(units, life.scores, k), held = column(units, held_out.scores, k);
    Json margins = Json::array();
    for (double margin : {1.0, 2.0, 4.0}) {
      const LifeOutcome o = judge_life(life.t_s, s, self_set_threshold(held, margin * kThresholdMargin),
                                       life.healthy_until_s, life.failing_from_s);
      const bool alarmed = o.first_alarm_s >= 0;
      margins.push_back({{"margin", margin * kThresholdMargin},
                         {"outcome", o.kind},
                         {"first_alarm_s", alarmed ? Json(o.first_alarm_s) : Json()},
                         {"share_of_life", alarmed ? Json(o.first_alarm_s / life.end_s) : Json()}});
      Json& total = totals[kind_name(k)][fmt::format("{:.1f}", margin * kThresholdMargin)];
      if (total.is_null()) total = {{"early", 0}, {"missed", 0}, {"late", 0}, {"in time", 0}};
      total[o.kind] = total[o.kind].get<int>() + 1;
    }
    by_score[kind_name(k)] = margins;
  }
  return by_score;
}

}  // namespace

std::vector<PackMachine> lives_of(const Manifest& manifest) {
  std::vector<PackMachine> lives;
  for (PackMachine& m : machines_of(manifest)) {
    const auto train = m.of(Split::train_healthy), fault = m.of(Split::test_fault);
    // Unlabelled between them: without the part that nobody calls healthy or failing there is no "in time".
    if (train.empty() || fault.empty() || m.of(Split::unlabelled).empty()) continue;
    // A life is one run: its faults come after everything healthy, in the machine's time.
    if (fault.front()->t0_s > train.back()->t0_s) lives.push_back(std::move(m));
  }
  return lives;
}

LifeOutcome judge_life(std::span<const double> t_s, std::span<const double> score, double threshold,
                       double healthy_until_s, double failing_from_s) {
  LifeOutcome out;
  // Three in a row, so that a bump or a start of the motor raises no alarm.
  for (std::size_t i = 2; i < score.size(); ++i) {
    if (!(score[i] > threshold && score[i - 1] > threshold && score[i - 2] > threshold)) continue;
    out.first_alarm_s = t_s[i];
    // Judged by the third of them, when somebody would have been told.
    out.kind = t_s[i] <= healthy_until_s ? "early" : t_s[i] >= failing_from_s ? "late" : "in time";
    return out;
  }
  return out;
}

// Runs to failure in time order. The baseline is learned from train_healthy; everything
// after it is played. Margins multiply the distance of the self-set threshold from the
// healthy median.
Result<Json> run_life(ProtocolRun& c) {
  Json machines = Json::array();
  Json totals;
  for (const PackMachine& machine : lives_of(c.manifest)) {
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
    TORPOR_TRY(const Played life, play(c, machine, *baseline, running));
    entry["windows"] = life.scores.size();
    entry["life_s"] = life.end_s;
    entry["healthy_until_s"] = life.healthy_until_s;
    entry["failing_from_s"] = life.failing_from_s;
    entry["failing_windows"] = life.failing_windows;
    // An outcome would be one of nothing.
    if (life.failing_windows == 0) {
      entry["refused"] = "no window while it fails";
    } else {
      entry["scores"] = outcomes(life, held_out, totals);
    }
    machines.push_back(entry);
  }
  TORPOR_TRY(Json results,
             results_of(std::move(machines), c.manifest.path(),
                        "train_healthy, unlabelled and test_fault rows of one machine in time order"));
  Json out = {{"totals", totals}};
  out.update(results);
  return out;
}

}  // namespace torpor::eval
