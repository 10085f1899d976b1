// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/baseline_text.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "base/utc.h"

namespace torpor {
namespace {

// The order of Score (verdict/verdict.h). Keys of --json: they may be added to, never renamed.
constexpr std::string_view kScoreNames[kScores] = {"logit", "log_band", "kurtosis"};

Json event_json(const BaselineEvent& event, bool applied) {
  Json out = {{"event", name(event.kind)},
              {"reason", event.reason.view()},
              {"recorded", utc_text(event.recorded_s).view()}};
  if (applied) out["after_cycle"] = event.cycle;
  return out;
}

void print_event(std::string_view label, const BaselineEvent& event, std::string_view when) {
  fmt::print("  {:<12} {} {}: {} ({})\n", label, utc_text(event.recorded_s).view(), name(event.kind),
             event.reason.view(), when);
}

}  // namespace

Json baseline_json(const BaselineSummary& s) {
  Json out = {{"baseline", s.stem},
              {"sensor", s.key.sensor.view()},
              // The whole key: two baselines of one sensor differ in nothing else, and --baseline picks by
              // it.
              {"model", std::string(hex(s.key.model))},
              {"feature_version", s.key.feature_version},
              {"backend", s.key.backend.view()},
              {"rate_mhz", s.key.rate_mhz},
              {"axes", s.key.axes},
              {"window_ms", s.key.window_ms},
              {"state", name(s.state)},
              {"learned_cycles", s.learned},
              {"last_cycle", s.last_cycle},
              {"arming_epoch", s.arming_epoch},
              {"alarm_latched", s.first_crossing != 0},
              {"maintenance_sequence", s.maintenance_sequence},
              {"maintenance_waits", s.maintenance_waits}};
  // Cycles count from 1: 0 would be read as the first one. What does not apply has no key.
  if (s.first_crossing != 0) {
    out["alarm_epoch"] = s.crossing_epoch;
    out["alarm_first_cycle"] = s.first_crossing;
  }
  if (!s.refusal.empty()) out["refusal"] = s.refusal;
  // A calibration that is not finished has figures that will still change.
  if (s.state == JudgeState::armed) {
    const Calibration& c = s.calibration;
    Json scores = Json::object();
    for (std::size_t i = 0; i < kScores; ++i)
      scores[std::string(kScoreNames[i])] = {{"median", c.score[i].median},
                                             {"mad", c.score[i].mad},
                                             {"serial_correlation", c.score[i].phi},
                                             // q[i] is the 2^i-th largest healthy z (verdict/calibration.h).
                                             {"largest_z", c.score[i].q[0]}};
    out["log_evidence"] = s.log_evidence;
    out["calibration"] = {{"cycles", c.n},
                          {"ranks", c.ranks},
                          {"detectors", c.detectors},
                          {"delta_ppm", c.delta_ppm},
                          {"tolerance_mmad", c.tolerance_mmad},
                          {"scores", scores}};
  }
  out["events"] = s.events;
  out["history"] = Json::array();
  for (const auto& event : s.history) out["history"].push_back(event_json(event, true));
  // At most one can wait (baseline_events): always there, null for none, so that a script need not ask for
  // the key.
  out["pending"] = s.pending.empty() ? Json() : event_json(s.pending.front(), false);
  return out;
}

void print_baseline(const BaselineSummary& s) {
  fmt::print("{}\n", s.stem);
  fmt::print("  {:<12} {}, {} axes, {:.1f} Hz, {} ms windows, backend {}\n", "sensor", s.key.sensor.view(),
             s.key.axes, s.key.rate_mhz * 1e-3, s.key.window_ms, s.key.backend.view());
  fmt::print("  {:<12} {}", "state", name(s.state));
  if (s.state == JudgeState::learning_fit || s.state == JudgeState::learning_calibration)
    fmt::print(", {} cycles so far", s.learned);
  fmt::print(", cycle {}, armed {} times\n", s.last_cycle, s.arming_epoch);
  if (!s.refusal.empty()) fmt::print("  {:<12} {}\n", "refused", s.refusal);
  if (s.state == JudgeState::armed) {
    const Calibration& c = s.calibration;
    fmt::print("  {:<12} {} cycles, {} ranks, {} detector{}\n", "calibration", c.n, c.ranks, c.detectors,
               c.detectors == 1 ? "" : "s taking turns");
    for (std::size_t i = 0; i < kScores; ++i)
      fmt::print("    {:<10} median {:.4g}, MAD {:.3g}, serial correlation {:.2f}\n", kScoreNames[i],
                 c.score[i].median, c.score[i].mad, c.score[i].phi);
    fmt::print("  {:<12} ln R = {:.2f}\n", "evidence", s.log_evidence);
  }
  // The id without its device, which the state directory does not know.
  fmt::print("  {:<12} {}\n", "alarm",
             s.first_crossing == 0
                 ? "none"
                 : fmt::format("latched since cycle {}; its id is DEVICE/{}/{}/{}", s.first_crossing,
                               s.key.sensor.view(), s.crossing_epoch, s.first_crossing));
  fmt::print("  {:<12} last sequence {}{}\n", "maintenance", s.maintenance_sequence,
             s.maintenance_waits ? "; an event waits for the next start" : "");
  for (const auto& event : s.history) print_event("event", event, fmt::format("after cycle {}", event.cycle));
  for (const auto& event : s.pending) print_event("waiting", event, "taken at the next start");
}

}  // namespace torpor
