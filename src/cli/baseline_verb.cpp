// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include <algorithm>

#include "base/assertion.h"
#include "base/utc.h"
#include "cli/baseline_text.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "contract/field_table.h"
#include "verdict/store/baseline_files.h"

namespace torpor {
namespace {

struct Flags {
  std::string state;
  std::string baseline;
  std::string reason;
};

Error unknown_baseline(std::string_view found, const std::vector<std::string>& stems) {
  // All names are in the error: one of them is what has to be typed next.
  Error error{.reason = Reason::usage, .where = "--baseline"};
  error.found << found;
  for (const auto& stem : stems) error.expected << (error.expected.empty() ? "" : " or ") << stem;
  return error;
}

// All baselines there are, or the one that was named. A state directory that is none is a slip
// in the command (file_missing); one that holds no baseline yet is a robot that has learned
// nothing so far (baseline_none).
Result<std::vector<std::string>> chosen(const Flags& flags, Verbs& verbs) {
  // Asked first, since listing a directory that is missing looks like one that is empty.
  TORPOR_TRY([[maybe_unused]] const FileFacts there, verbs.files.facts(flags.state));
  TORPOR_TRY(auto stems, list_baselines(verbs.files, flags.state));
  TORPOR_ASSERT(!stems.empty(), "cli.no_baseline_is_an_error_not_an_empty_list");
  if (flags.baseline.empty()) return stems;
  if (std::find(stems.begin(), stems.end(), flags.baseline) == stems.end())
    return unknown_baseline(flags.baseline, stems);
  return std::vector<std::string>{flags.baseline};
}

Status show(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto stems, chosen(flags, verbs));
  Json all = Json::array();
  for (const auto& stem : stems) {
    // Each is printed as it is read, but under --json all at the end: an error in the second must not stand
    // behind half of an array.
    TORPOR_TRY(const auto summary, summarize(verbs.files, flags.state, stem));
    if (verbs.json) {
      all.push_back(baseline_json(summary));
    } else {
      print_baseline(summary);
    }
  }
  if (verbs.json) print_json(all);
  return {};
}

// An event is for one baseline: with several, somebody must say which.
Result<std::string> choose_one(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto stems, chosen(flags, verbs));
  if (stems.size() > 1) return unknown_baseline("none named", stems);
  return stems.front();
}

Status request(const Flags& flags, Verbs& verbs, EventKind kind) {
  TORPOR_TRY(const std::string stem, choose_one(flags, verbs));
  // For people alone: the order of events is that of their files, whatever this clock says.
  const std::int64_t now_s = to_ns(verbs.clock.now().wall) / 1'000'000'000;
  TORPOR_CHECK(request_event(verbs.files, flags.state, stem, kind, flags.reason, now_s));
  if (verbs.json) {
    print_json({{"baseline", stem},
                {"event", name(kind)},
                {"reason", flags.reason},
                {"recorded", utc_text(now_s).view()}});
    return {};
  }
  fmt::print("recorded: {} of {}; torpord follows it at its next start.\n", name(kind), stem);
  // Said each time: who resets a baseline often means the alarm, which only a signed maintenance event ends.
  fmt::print("A latched alarm stays latched.\n");
  return {};
}

CLI::App* add_part(CLI::App& baseline, const std::string& verb, const std::string& what,
                   const std::string& footer, const std::shared_ptr<Flags>& flags, Verbs& verbs) {
  CLI::App* out = baseline.add_subcommand(verb, what);
  out->footer(footer);
  out->add_option("--state", flags->state, "state directory of torpord")->required();
  out->add_option("--baseline", flags->baseline, "which one, by the name that show prints");
  add_json(*out, verbs);
  return out;
}

}  // namespace

void add_baseline(CLI::App& app, Verbs& verbs) {
  CLI::App* baseline =
      app.add_subcommand("baseline", "look at, accept or reset what a robot has learned as healthy");
  baseline->require_subcommand(1);
  baseline->footer("Example:\n  torpor baseline show --state /var/lib/torpor/detector");
  // Held by the callbacks, which outlive this function.
  auto flags = std::make_shared<Flags>();

  CLI::App* look =
      add_part(*baseline, "show", "state, calibration, evidence, alarm and events of each baseline",
               "Example:\n  torpor baseline show --state /var/lib/torpor/detector --json", flags, verbs);
  on_call(*look, verbs, [flags, &verbs] { return show(*flags, verbs); });

  const std::string effect =
      "Recorded with its reason, followed at the next start of torpord; never clears a latched alarm.\n";
  CLI::App* accept =
      add_part(*baseline, "accept", "what is measured now is healthy: calibrate anew on the same fit",
               effect +
                   "Example:\n  torpor baseline accept --state /var/lib/torpor/detector --reason \"J. Mair: "
                   "regreased\"",
               flags, verbs);
  accept->add_option("--reason", flags->reason, "who decides it and why, at most 160 bytes")->required();
  on_call(*accept, verbs, [flags, &verbs] { return request(*flags, verbs, EventKind::accept); });

  CLI::App* reset = add_part(*baseline, "reset", "forget what was learned: fit and calibrate anew",
                             effect +
                                 "Example:\n  torpor baseline reset --state /var/lib/torpor/detector "
                                 "--reason \"J. Mair: new drive unit\"",
                             flags, verbs);
  reset->add_option("--reason", flags->reason, "who decides it and why, at most 160 bytes")->required();
  on_call(*reset, verbs, [flags, &verbs] { return request(*flags, verbs, EventKind::reset); });
}

}  // namespace torpor
