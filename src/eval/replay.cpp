// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/compare.h"
#include "eval/life.h"
#include "eval/protocols.h"
#include "verdict/judge.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::ordered_json;

// A grid to look at, not a contract: cycles between false alarms, tolerance in milli-MAD.
constexpr std::uint64_t kAlarmGrid[] = {1000, 100'000, 210'000'000};
constexpr std::uint32_t kToleranceGrid[] = {0, 1000, 3000};
constexpr std::uint32_t kDeltaPpm = 50'000;

AlarmTerms terms_for(std::uint64_t cycles, std::uint32_t tolerance_mmad, std::size_t fit_cycles,
                     std::size_t calibration_cycles) {
  AlarmTerms terms{};
  terms.cycles_between_false_alarms = cycles;
  terms.calibration_delta_ppm = kDeltaPpm;
  terms.score_tolerance_mmad = tolerance_mmad;
  terms.fit_cycles = static_cast<std::uint32_t>(fit_cycles);
  terms.calibration_cycles = static_cast<std::uint32_t>(calibration_cycles);
  terms.shock_cycles = 1'000'000;  // windows here are never judged for saturation
  return terms;
}

struct Cycle {
  CycleScores scores;
  double t_s = 0;
  Split split = Split::unlabelled;
};

Json play(const AlarmTerms& terms, const ScoreSet& on, std::size_t fit_cycles, std::span<const Cycle> cycles,
          double end_s) {
  Judge judge(terms, BaselineKey{}, on);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < fit_cycles; ++i) judge.fitted(++number);
  Json out;
  double peak = -1, watch_s = -1, alarm_s = -1;
  const char* alarm_in = "none";
  for (const Cycle& cycle : cycles) {
    const Verdict v = judge.scored(++number, cycle.scores);
    if (judge.state() == JudgeState::not_armed) {
      out["not_armed"] = std::string(name(judge.refusal().reason));
      return out;
    }
    if (judge.state() != JudgeState::armed) continue;
    if (cycle.split != Split::test_fault) peak = std::max(peak, v.log_evidence);
    if (v.kind == VerdictKind::watch && watch_s < 0) watch_s = cycle.t_s;
    if (v.kind == VerdictKind::alarm && alarm_s < 0) {
      alarm_s = cycle.t_s;
      alarm_in = name(cycle.split).data();
    }
  }
  if (judge.state() == JudgeState::armed) {
    out["calibrated_on"] = judge.calibration().n;
    out["interleaved"] = judge.calibration().detectors;
  }
  out["watch_s"] = watch_s;
  out["alarm_s"] = alarm_s;
  out["alarm_share_of_life"] = end_s > 0 && alarm_s >= 0 ? alarm_s / end_s : -1;
  out["alarm_in"] = alarm_in;
  out["peak_log_evidence_before_fault"] = peak;
  return out;
}

// What one machine gave: play() is given the same cycles for each row of the grid.
struct Played {
  std::size_t fit_cycles = 0;
  std::size_t calibration_cycles = 0;
  std::vector<Cycle> cycles;
  double end_s = 0;
};

// Half to fit, but no more than leaves what calibration needs at least.
std::size_t fit_cycles_of(std::size_t n) {
  const std::size_t half = n / 2;
  return n > kMinCalibrationCycles && n - half < kMinCalibrationCycles ? n - kMinCalibrationCycles : half;
}

Result<SplitWindows> measure_training(Context& c, const PackMachine& machine, const WindowPlan& plan) {
  SplitWindows train;
  for (const Recording* r : machine.of(Split::train_healthy)) {
    TORPOR_TRY(const auto samples, load(c.manifest, *r, c.options.load));
    TORPOR_TRY(auto windows, c.measurer.measure(
                                 samples, *r, static_cast<std::size_t>(r - machine.recordings.data()), plan));
    for (MeasuredWindow& w : windows) train.windows.push_back(std::move(w));
  }
  return train;
}

// What the robot would have judged after learning: standing still is left out, and whatever
// unlabelled was recorded before the training ended.
Status score_rest(Context& c, const PackMachine& machine, const WindowPlan& plan,
                  const MachineBaseline& baseline, double running, Played& played) {
  const double learned_until = machine.of(Split::train_healthy).back()->t0_s;
  for (Split split : {Split::test_healthy, Split::unlabelled, Split::test_fault}) {
    for (const Recording* r : machine.of(split)) {
      if (r->t0_s < learned_until && split == Split::unlabelled) continue;
      TORPOR_TRY(const auto samples, load(c.manifest, *r, c.options.load));
      TORPOR_TRY(const auto windows, c.measurer.measure(samples, *r, 0, plan));
      for (const MeasuredWindow& w : windows) {
        if (w.rms < running / 5) continue;
        TORPOR_TRY(const CycleScores s, c.scorer.score(baseline, w));
        played.cycles.push_back({s, w.t_s, split});
        played.end_s = std::max(played.end_s, w.t_s);
      }
    }
  }
  return {};
}

// Every score alone and all together, over the grid.
Json outcomes(const Played& played) {
  Json by_score;
  for (std::size_t k = 0; k < kKinds; ++k) {
    ScoreSet on{};
    if (k < kScores)
      on[k] = true;
    else
      on = kAllScores;
    Json grid = Json::array();
    for (std::uint64_t a : kAlarmGrid)
      for (std::uint32_t tolerance : kToleranceGrid) {
        Json row = {{"cycles_between_false_alarms", a}, {"tolerance_mad", tolerance / 1000.0}};
        row.update(play(terms_for(a, tolerance, played.fit_cycles, played.calibration_cycles), on,
                        played.fit_cycles, played.cycles, played.end_s));
        grid.push_back(row);
      }
    by_score[kind_name(k)] = grid;
  }
  return by_score;
}

Result<Json> replay(Context& c, const PackMachine& machine) {
  c.say(machine.name);
  const WindowPlan plan{c.options.load.window_s, c.options.load.window_s};
  TORPOR_TRY(SplitWindows train, measure_training(c, machine, plan));
  const double running = running_rms(train);
  drop_standing_still(train, running);
  const WindowList all = train.all();
  Played played;
  played.fit_cycles = fit_cycles_of(all.size());
  played.calibration_cycles = all.size() - played.fit_cycles;
  Json entry = {{"machine", machine.name},
                {"fit_cycles", played.fit_cycles},
                {"calibration_cycles", played.calibration_cycles}};
  if (played.calibration_cycles < kMinCalibrationCycles) {
    entry["refused"] = "fewer healthy cycles than calibration needs";
    return entry;
  }
  const auto learned = all.begin() + static_cast<std::ptrdiff_t>(played.fit_cycles);
  TORPOR_TRY(const auto baseline, fit(WindowList(all.begin(), learned)));
  for (auto window = learned; window != all.end(); ++window) {
    TORPOR_TRY(const CycleScores s, c.scorer.score(baseline, **window));
    played.cycles.push_back({s, (*window)->t_s, Split::train_healthy});
  }
  TORPOR_CHECK(score_rest(c, machine, plan, baseline, running, played));
  entry["cycles_judged"] = played.cycles.size() - played.calibration_cycles;
  entry["life_s"] = played.end_s;
  entry["scores"] = outcomes(played);
  return entry;
}

}  // namespace

// The pipeline as on the robot, one window after another without overlap: the first half
// of train_healthy is fitted, the rest calibrated on, everything after is judged by
// verdict's alarm. A machine that is no run to failure is played healthy test first, then
// its faults.
Result<Json> run_replay(Context& c) {
  Json machines = Json::array();
  for (const PackMachine& machine : machines_of(c.manifest)) {
    if (machine.of(Split::train_healthy).empty() || machine.of(Split::test_fault).empty()) continue;
    TORPOR_TRY(const Json entry, replay(c, machine));
    machines.push_back(entry);
  }
  if (machines.empty())
    return Error{Reason::eval_nothing, std::string_view(c.manifest.path()), "no such machine",
                 "train_healthy and test_fault rows"};
  return Json{{"machines", machines}};
}

}  // namespace torpor::eval
