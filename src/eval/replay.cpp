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
// 210 million cycles are 400 years at one a minute.
constexpr std::uint64_t kAlarmGrid[] = {1000, 100'000, 210'000'000};
constexpr std::uint32_t kToleranceGrid[] = {0, 1000, 3000};
// Five in a hundred calibrations may promise too much (docs/verdict.md).
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
  // Fitting needs no scores: the judge only counts its cycles.
  for (std::size_t i = 0; i < fit_cycles; ++i) judge.fitted(++number);
  Json out;
  std::size_t armed_cycles = 0, armed_before_fault = 0;
  Json peak, watch_s, alarm_s;  // null: there was none
  const char* alarm_in = "none";
  for (const Cycle& cycle : cycles) {
    const Verdict v = judge.scored(++number, cycle.scores);
    if (judge.state() == JudgeState::not_armed) {
      out["not_armed"] = std::string(name(judge.refusal().reason));
      return out;
    }
    if (judge.state() != JudgeState::armed) continue;
    ++armed_cycles;
    if (cycle.split != Split::test_fault) {
      // How near it came to a false alarm; what it says of faults is another column.
      ++armed_before_fault;
      if (peak.is_null() || v.log_evidence > peak.get<double>()) peak = v.log_evidence;
    }
    if (v.kind == VerdictKind::watch && watch_s.is_null()) watch_s = cycle.t_s;
    if (v.kind == VerdictKind::alarm && alarm_s.is_null()) {
      alarm_s = cycle.t_s;
      alarm_in = name(cycle.split).data();
    }
  }
  if (armed_cycles == 0) {
    out["not_armed"] = "no cycle was judged";
    return out;
  }
  if (judge.state() == JudgeState::armed) {
    out["calibrated_on"] = judge.calibration().n;
    out["interleaved"] = judge.calibration().detectors;
  }
  out["armed_cycles"] = armed_cycles;
  out["armed_cycles_before_fault"] = armed_before_fault;
  out["watch_s"] = watch_s;
  out["alarm_s"] = alarm_s;
  out["alarm_share_of_life"] = alarm_s.is_null() || end_s <= 0 ? Json() : Json(alarm_s.get<double>() / end_s);
  out["alarm_in"] = alarm_in;
  out["peak_log_evidence_before_fault"] = peak;
  return out;
}

// What is learned from and what is judged, of one machine.
struct Course {
  SplitWindows train;
  std::size_t fit_cycles = 0;  // the first of train; the rest is calibrated on
  double running = 0;          // typical rms; far below it the machine stands
  std::vector<Cycle> cycles;   // calibrated on, then judged
  double end_s = 0;
  std::size_t calibration_cycles() const { return train.windows.size() - fit_cycles; }
};

Status load_training(ProtocolRun& run, const PackMachine& machine, Course& course) {
  // Without overlap, as cycles on a robot: the alarm's promise is about cycles that share nothing.
  const WindowPlan plan{run.options.load.window_s, run.options.load.window_s};
  for (const Recording* r : machine.of(Split::train_healthy)) {
    TORPOR_TRY(const auto samples, load(run.manifest, *r, run.options.load));
    TORPOR_TRY(auto windows, run.measurer.measure(
                                 samples, *r, static_cast<std::size_t>(r - machine.recordings.data()), plan));
    for (MeasuredWindow& w : windows) course.train.windows.push_back(std::move(w));
  }
  course.running = running_rms(course.train);
  drop_standing_still(course.train, course.running);
  // Half to fit, but no more than leaves what calibration needs at least.
  const std::size_t n = course.train.windows.size();
  course.fit_cycles = n / 2;
  if (n > kMinCalibrationCycles && course.calibration_cycles() < kMinCalibrationCycles)
    course.fit_cycles = n - kMinCalibrationCycles;
  return {};
}

// Scores by the baseline of the first part: the rest of training, then every later recording.
Status score_all(ProtocolRun& run, const PackMachine& machine, Course& course) {
  const WindowList all = course.train.all();
  const auto fitted = all.begin() + static_cast<std::ptrdiff_t>(course.fit_cycles);
  const auto fitted_baseline = fit(WindowList(all.begin(), fitted));
  if (!fitted_baseline) return {};  // nothing is judged, and the machine's row says so
  const MachineBaseline& baseline = *fitted_baseline;
  for (auto window = fitted; window != all.end(); ++window) {
    TORPOR_TRY(const CycleScores s, run.scorer.score(baseline, **window));
    course.cycles.push_back({s, (*window)->t_s, Split::train_healthy});
  }
  const WindowPlan plan{run.options.load.window_s, run.options.load.window_s};
  const double learned_until = machine.of(Split::train_healthy).back()->t0_s;
  // Healthy, unlabelled, faulty: the order of a life. Rows of a machine that is none have no order of their
  // own.
  for (Split split : {Split::test_healthy, Split::unlabelled, Split::test_fault})
    for (const Recording* r : machine.of(split)) {
      // Unlabelled rows from before the baseline say nothing of what came after it.
      if (r->t0_s < learned_until && split == Split::unlabelled) continue;
      TORPOR_TRY(const auto samples, load(run.manifest, *r, run.options.load));
      TORPOR_TRY(const auto windows, run.measurer.measure(samples, *r, 0, plan));
      for (const MeasuredWindow& w : windows) {
        if (w.rms < course.running / 5) continue;
        TORPOR_TRY(const CycleScores s, run.scorer.score(baseline, w));
        course.cycles.push_back({s, w.t_s, split});
        course.end_s = std::max(course.end_s, w.t_s);
      }
    }
  return {};
}

// Every score alone and all together, on the grid of alarm terms.
Json play_all(const Course& course) {
  Json by_score;
  for (std::size_t k = 0; k < kKinds; ++k) {
    ScoreSet on{};
    if (k < kScores)
      on[k] = true;
    else
      // "averaged" stands here for all three together, as the alarm takes them in service.
      on = kAllScores;
    Json grid = Json::array();
    for (std::uint64_t a : kAlarmGrid)
      for (std::uint32_t tolerance : kToleranceGrid) {
        Json row = {{"cycles_between_false_alarms", a}, {"tolerance_mad", tolerance / 1000.0}};
        row.update(play(terms_for(a, tolerance, course.fit_cycles, course.calibration_cycles()), on,
                        course.fit_cycles, course.cycles, course.end_s));
        grid.push_back(row);
      }
    by_score[kind_name(k)] = grid;
  }
  return by_score;
}

}  // namespace

// The pipeline as on the robot, one window after another without overlap: the first half
// of train_healthy is fitted, the rest calibrated on, everything after is judged by
// verdict's alarm. A machine that is no run to failure is played healthy test first, then
// its faults.
Result<Json> run_replay(ProtocolRun& run) {
  Json machines = Json::array();
  for (const PackMachine& machine : machines_of(run.manifest)) {
    if (machine.of(Split::train_healthy).empty() || machine.of(Split::test_fault).empty()) continue;
    run.say(machine.name);
    Course course;
    TORPOR_CHECK(load_training(run, machine, course));
    Json entry = {{"machine", machine.name},
                  {"fit_cycles", course.fit_cycles},
                  {"calibration_cycles", course.calibration_cycles()}};
    if (course.calibration_cycles() < kMinCalibrationCycles) {
      entry["refused"] = "fewer healthy cycles than calibration needs";
      machines.push_back(entry);
      continue;
    }
    TORPOR_CHECK(score_all(run, machine, course));
    if (course.cycles.size() <= course.calibration_cycles()) {
      entry["refused"] = course.cycles.empty() ? kTooLittleHealthy : "no cycle to judge";
      machines.push_back(entry);
      continue;
    }
    entry["cycles_judged"] = course.cycles.size() - course.calibration_cycles();
    entry["life_s"] = course.end_s;
    entry["scores"] = play_all(course);
    machines.push_back(entry);
  }
  return results_of(std::move(machines), run.manifest.path(),
                    "train_healthy and test_fault rows of one machine");
}

}  // namespace torpor::eval
