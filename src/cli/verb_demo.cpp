// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/hex.h"
#include "cli/verbs.h"
#include "demo/demo_screen.h"
#include "demo/demo_stage.h"
#include "report/report_log.h"
#include "view/page.h"
#include "view/trace.h"

namespace torpor::apps {
namespace {

// A role of the demo that ended otherwise than it should: its own words are in its log.
Error role_ended(const char* role, int code, const std::string& log) {
  Error error{.reason = Reason::demo_role_ended};
  error.where << log;
  error.found << role << " ended with " << code;
  error.expected << "0";
  return error;
}

// The whole log as one trace for Perfetto.
Result<std::string> chrome_trace(Files& files, const std::string& reports) {
  TORPOR_TRY(ReportReader reader, ReportReader::open(files, reports));
  std::string text;
  const auto writer = make_trace_writer(TraceFormat::chrome, [&](std::string_view piece) { text += piece; });
  Tracer tracer;
  TraceSummarizer summarizer;
  const auto take = [&](const std::optional<TraceRow>& row) {
    if (!row) return;
    writer->row(*row);
    summarizer.add(*row);
  };
  CycleReport report;
  for (;;) {
    TORPOR_TRY(const bool more, reader.next(report));
    if (!more) break;
    take(tracer.add(report));
  }
  take(tracer.finish());
  writer->finish(summarizer.finish());
  return text;
}

Status run(const DemoFlags& flags, Verbs& verbs) {
  TORPOR_TRY(const DemoStage stage, set_stage(flags, verbs.files, verbs.clock));
  const Contract& contract = *stage.contract;
  fmt::print("key       {} made, {}/keys\n", stage.key_id, flags.out);
  fmt::print(
      "contract  {} sequence {} signed, digest {}..: sample {} ms, sleep {} ms, at most {} mJ a cycle\n",
      contract.terms().contract_id.view(), contract.sequence(), short_hex(contract.digest()).view(),
      contract.terms().duty.sample_ms, contract.terms().duty.sleep_ms,
      contract.terms().power.active_mj_per_cycle);
  fmt::print("bearing   {}\n", stage.source.description);
  const std::string programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  TORPOR_TRY(DemoRoles roles, start_roles(flags, stage, programs));
  fmt::print("roles     torpor-sampler ({}) and torpord ({}), {} times faster than real time\n",
             roles.sampler.id(), roles.detector.id(), flags.speed);

  DemoScreen screen(stage.source.windows, ::isatty(STDOUT_FILENO) != 0);
  LogFollower follower(verbs.files, stage.reports);
  for (bool running = true; running;) {
    running = !roles.detector.exit_code().has_value();
    for (;;) {
      TORPOR_TRY(const auto report, follower.next());
      if (!report) break;
      screen.show(*report);
    }
    if (running) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (const int code = *roles.detector.exit_code(); code != 0) {
    return role_ended("torpord", code, flags.out + "/detector.log");
  }
  TORPOR_CHECK(write_page(verbs.files, stage.reports, flags.out + "/report.html",
                          stage.origin + contract.period() * static_cast<std::int64_t>(screen.shown())));
  TORPOR_TRY(const std::string trace, chrome_trace(verbs.files, stage.reports));
  TORPOR_CHECK(verbs.files.replace(flags.out + "/trace.json", as_bytes(trace), 0644));
  screen.finish(flags.out);
  return {};
}

}  // namespace

void add_demo(CLI::App& app, Verbs& verbs) {
  static DemoFlags flags;
  flags.speed = 60;
  flags.contract = "examples/demo.toml";
  flags.site = "examples/site.toml";
  flags.model = "data/detector.model";
  CLI::App* demo =
      app.add_subcommand("demo", "a key, a contract, two processes, a bearing that fails, a report");
  demo->add_option("--out", flags.out, "directory for all it leaves")->required();
  demo->add_option("--pack", flags.pack,
                   "data pack with a run-to-failure recording (default: ../shared/data, else simulated)");
  demo->add_option("--speed", flags.speed, "times faster than real time")->capture_default_str();
  demo->add_option("--contract", flags.contract, "contract to sign")->capture_default_str();
  demo->add_option("--site", flags.site, "site file")->capture_default_str();
  demo->add_option("--model", flags.model, "model file the contract names")->capture_default_str();
  demo->footer("example:\n  torpor demo --out out/demo");
  demo->callback([&verbs] {
    if (flags.pack.empty() && std::filesystem::exists("../shared/data/MANIFEST.csv"))
      flags.pack = "../shared/data";
    if (const Status done = run(flags, verbs); !done) verbs.fail("demo", done.error());
  });
}

}  // namespace torpor::apps
