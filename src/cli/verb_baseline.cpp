// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/utc.h"
#include "cli/verbs.h"
#include "verdict/store/baseline_files.h"

namespace torpor::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kScoreNames[kScores] = {"logit", "log_band", "kurtosis"};

struct Flags {
  std::string state;
  std::string baseline;
  std::string reason;
  bool json = false;
};

void print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Json event_json(const BaselineEvent& event, bool applied) {
  Json out = {{"event", name(event.kind)},
              {"reason", event.reason.view()},
              {"recorded", utc_text(event.recorded_s).view()}};
  if (applied) out["after_cycle"] = event.cycle;
  return out;
}

Json summary_json(const BaselineSummary& s) {
  Json out = {{"baseline", s.stem},
              {"sensor", s.key.sensor.view()},
              {"model", hex(s.key.model).view()},
              {"feature_version", s.key.feature_version},
              {"backend", s.key.backend.view()},
              {"rate_mhz", s.key.rate_mhz},
              {"axes", s.key.axes},
              {"window_ms", s.key.window_ms},
              {"state", name(s.state)},
              {"learned_cycles", s.learned},
              {"last_cycle", s.last_cycle},
              {"arming_epoch", s.arming_epoch},
              {"alarm_latched", s.first_crossing != 0}};
  if (s.first_crossing != 0) out["alarm_first_cycle"] = s.first_crossing;
  if (!s.refusal.empty()) out["refusal"] = s.refusal;
  if (s.state == JudgeState::armed) {
    const Calibration& c = s.calibration;
    Json scores = Json::object();
    for (std::size_t i = 0; i < kScores; ++i)
      scores[std::string(kScoreNames[i])] = {{"median", c.score[i].median},
                                             {"mad", c.score[i].mad},
                                             {"serial_correlation", c.score[i].phi},
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
  out["pending"] = s.pending.empty() ? Json() : event_json(s.pending.front(), false);
  return out;
}

void print_event(std::string_view label, const BaselineEvent& event, std::string_view when) {
  fmt::print("  {:<12} {} {}: {} ({})\n", label, utc_text(event.recorded_s).view(), name(event.kind),
             event.reason.view(), when);
}

void print_summary(const BaselineSummary& s) {
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
  fmt::print("  {:<12} {}\n", "alarm",
             s.first_crossing == 0 ? "none" : fmt::format("latched since cycle {}", s.first_crossing));
  for (const auto& event : s.history) print_event("event", event, fmt::format("after cycle {}", event.cycle));
  for (const auto& event : s.pending) print_event("waiting", event, "taken at the next start");
}

Status show(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto stems, list_baselines(verbs.files, flags.state));
  Json all = Json::array();
  for (const auto& stem : stems) {
    if (!flags.baseline.empty() && stem != flags.baseline) continue;
    TORPOR_TRY(const auto summary, summarize(verbs.files, flags.state, stem));
    if (flags.json) {
      all.push_back(summary_json(summary));
    } else {
      print_summary(summary);
    }
  }
  if (flags.json) print(all);
  return {};
}

// The one there is, or the one that was named.
Result<std::string> choose(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto stems, list_baselines(verbs.files, flags.state));
  if (!flags.baseline.empty()) return flags.baseline;
  if (stems.size() == 1) return stems.front();
  Error error{Reason::usage, "--baseline", {}, {}};
  error.found << stems.size() << " baselines";
  for (const auto& stem : stems) error.expected << (error.expected.empty() ? "" : " or ") << stem;
  return error;
}

Status request(const Flags& flags, Verbs& verbs, EventKind kind) {
  TORPOR_TRY(const std::string stem, choose(flags, verbs));
  const std::int64_t now_s = to_ns(verbs.clock.now().wall) / 1'000'000'000;
  TORPOR_CHECK(request_event(verbs.files, flags.state, stem, kind, flags.reason, now_s));
  if (flags.json) {
    print({{"baseline", stem},
           {"event", name(kind)},
           {"reason", flags.reason},
           {"recorded", utc_text(now_s).view()}});
    return {};
  }
  fmt::print("recorded: {} of {}; torpord follows it at its next start.\n", name(kind), stem);
  fmt::print("A latched alarm stays latched.\n");
  return {};
}

CLI::App* add_verb(CLI::App& baseline, const std::string& verb, const std::string& what,
                   const std::string& footer, const std::shared_ptr<Flags>& flags) {
  CLI::App* out = baseline.add_subcommand(verb, what);
  out->footer(footer);
  out->add_option("--state", flags->state, "state directory of torpord")->required();
  out->add_option("--baseline", flags->baseline, "which one, by the name that show prints");
  out->add_flag("--json", flags->json, "print JSON");
  return out;
}

}  // namespace

void add_baseline(CLI::App& app, Verbs& verbs) {
  CLI::App* baseline =
      app.add_subcommand("baseline", "look at, accept or reset what a robot has learned as healthy");
  baseline->require_subcommand(1);
  baseline->footer("Example:\n  torpor baseline show --state /var/lib/torpor");
  auto flags = std::make_shared<Flags>();

  CLI::App* look =
      add_verb(*baseline, "show", "state, calibration, evidence, alarm and events of each baseline",
               "Example:\n  torpor baseline show --state /var/lib/torpor --json", flags);
  look->callback([flags, &verbs] {
    if (const Status done = show(*flags, verbs); !done) verbs.fail("baseline show", done.error());
  });

  const std::string effect =
      "Recorded with its reason, followed at the next start of torpord; never clears a latched alarm.\n";
  CLI::App* accept = add_verb(
      *baseline, "accept", "what is measured now is healthy: calibrate anew on the same fit",
      effect + "Example:\n  torpor baseline accept --state /var/lib/torpor --reason \"J. Mair: regreased\"",
      flags);
  accept->add_option("--reason", flags->reason, "who decides it and why, at most 160 bytes")->required();
  accept->callback([flags, &verbs] {
    if (const Status done = request(*flags, verbs, EventKind::accept); !done)
      verbs.fail("baseline accept", done.error());
  });

  CLI::App* reset = add_verb(
      *baseline, "reset", "forget what was learned: fit and calibrate anew",
      effect +
          "Example:\n  torpor baseline reset --state /var/lib/torpor --reason \"J. Mair: new drive unit\"",
      flags);
  reset->add_option("--reason", flags->reason, "who decides it and why, at most 160 bytes")->required();
  reset->callback([flags, &verbs] {
    if (const Status done = request(*flags, verbs, EventKind::reset); !done)
      verbs.fail("baseline reset", done.error());
  });
}

}  // namespace torpor::apps
