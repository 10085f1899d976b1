// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include "cli/verbs.h"
#include "view/page.h"

namespace torpor {
namespace {

struct Flags {
  std::string directory;
  std::string out;
};

Status report(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const ReportSet set, read_reports(verbs.files, flags.directory, verbs.clock.now().wall));
  // Before anything is printed: a page that could not be written is an error, not half a success.
  if (!flags.out.empty()) TORPOR_CHECK(write_page(verbs.files, set, flags.out));
  const Story& story = set.page.story();
  if (verbs.json) {
    fmt::print("{}", story_json(set));  // a document already
    return {};
  }
  // An alarm is as old as its crossing; broken counts the whole log, not the newest cycle.
  fmt::print("{}: {} since cycle {}; contract {} in {} of {} cycles\n", story.last.device.view(),
             state_words(story.last.verdict, story.state),
             story.alarm.cycle != 0 ? story.alarm.cycle : story.state_since.cycle,
             story.cycles_in_breach == 0 ? "kept" : "broken",
             story.cycles_in_breach == 0 ? story.cycles : story.cycles_in_breach, story.cycles);
  if (!story.explanation.empty()) fmt::print("  {}\n", story.explanation);
  if (!flags.out.empty()) fmt::print("  page: {}\n", flags.out);
  return {};
}

}  // namespace

void add_report(CLI::App& app, Verbs& verbs) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand("report", "state, contract and plots of a robot on one page");
  verb->add_option("directory", flags->directory, "the record log: torpord's --reports")->required();
  verb->add_option("--out", flags->out, "the page to write; without it only the headline is printed");
  add_json(*verb, verbs);
  verb->footer("example:\n  torpor report out/demo/reports --out out/demo/report.html");
  on_call(*verb, verbs, [flags, &verbs] { return report(*flags, verbs); });
}

}  // namespace torpor
