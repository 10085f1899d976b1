// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include <cstdio>
#include <deque>

#include "base/posix/tell.h"
#include "cli/verbs.h"
#include "report/report_log.h"
#include "view/trace.h"

namespace torpor {
namespace {

struct Flags {
  std::string directory;
  std::string format = "table";
  std::uint64_t last = 0;
};

// What could not be read is said beside the output, never in it.
void say_damage(const ReadCounters& counters) {
  if (counters.damage.places > 0) {
    tell("torpor trace: {} damaged places, {} bytes passed over, the first in {} at offset {}\n",
         counters.damage.places, counters.damage.bytes, counters.damage.first_segment,
         counters.damage.first.offset);
  }
  if (counters.unreadable > 0) {
    tell("torpor trace: {} records are no sound report, the first: {}\n", counters.unreadable,
         counters.first_unreadable.view());
  }
}

Status trace(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(ReportReader reader, ReportReader::open(verbs.files, flags.directory));
  // The option's set of words was checked by CLI11: there is a format.
  const auto format = verbs.json ? TraceFormat::json : *trace_format(flags.format);
  // Rows go out as they come, but not under --json: an error there is one JSON object on
  // stdout, and must not stand behind half of another.
  std::string held_text;
  const auto writer = make_trace_writer(format, [&](std::string_view text) {
    if (verbs.json) {
      held_text += text;
    } else {
      fmt::print("{}", text);
    }
  });
  Tracer tracer;
  TraceSummarizer summarizer;
  std::deque<TraceRow> held;  // with --last, rows wait here until it is known which they are
  const auto take = [&](std::optional<TraceRow> row) {
    if (!row) return;
    if (flags.last == 0) {
      writer->row(*row);
      summarizer.add(*row);
      return;
    }
    held.push_back(*row);
    // O(--last) memory, however long the log is; the summary is then of these rows alone.
    if (held.size() > flags.last) held.pop_front();
  };
  CycleReport report;
  for (;;) {
    TORPOR_TRY(const bool more, reader.next(report));
    if (!more) break;
    take(tracer.add(report));
  }
  // The newest cycle is still open: its length is known only from the next report.
  take(tracer.finish());
  for (const TraceRow& row : held) {
    writer->row(row);
    summarizer.add(row);
  }
  const ReadCounters counters = reader.counters();
  // Before "no cycle report": a log that is all damage is told as that.
  say_damage(counters);
  if (counters.reports == 0) {
    Error error{.reason = Reason::report_none};
    error.where << flags.directory;
    error.found << "no cycle report";
    return error;
  }
  writer->finish(summarizer.finish());
  fmt::print("{}", held_text);
  return {};
}

}  // namespace

void add_trace(CLI::App& app, Verbs& verbs) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand("trace", "start-to-start time of every cycle against the contract");
  verb->add_option("directory", flags->directory, "the record log: torpord's --reports")->required();
  verb->add_option("--format", flags->format, "table, json, csv, or chrome (opens in ui.perfetto.dev)")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "json", "csv", "chrome"}));
  verb->add_option("--last", flags->last, "only this many of the newest cycles")
      // What is no number is refused by its conversion; a sign would be taken for a very large one.
      ->check([](const std::string& text) {
        return text == "0" || text.starts_with('-') ? text + " is less than one cycle" : std::string();
      });
  add_json(*verb, verbs);
  verb->footer(
      "examples:\n  torpor trace out/demo/reports --last 20\n"
      "  torpor trace out/demo/reports --format chrome > trace.json");
  on_call(*verb, verbs, [flags, &verbs] { return trace(*flags, verbs); });
}

}  // namespace torpor
