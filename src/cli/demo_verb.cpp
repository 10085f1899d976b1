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

namespace torpor {
namespace {

// A role of the demo that ended otherwise than it should: its own words are in its log.
Error role_ended(const char* role, int code, const std::string& log) {
  Error error{.reason = Reason::demo_role_ended};
  error.where << log;
  error.found << role << " ended with " << code;
  error.expected << "0";
  return error;
}

// The roles' programs lie beside this one, installed or not.
Result<std::string> own_directory() {
  std::error_code code;
  // argv[0] would be what somebody typed, found along a PATH that may hold other roles.
  const auto self = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return Error{.reason = Reason::io_failed, .where = "/proc/self/exe", .os_code = code.value()};
  return self.parent_path().string();
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

// Whether it runs is asked before the log is read: what a role writes last is then still shown.
Status show_until_end(ChildProcess& detector, const std::string& reports, DemoScreen& screen, Files& files) {
  LogFollower follower(files, reports);
  for (bool running = true; running;) {
    running = !detector.exit_code().has_value();
    for (;;) {
      TORPOR_TRY(const auto report, follower.next());
      if (!report) break;
      screen.show(*report);
    }
    // Short beside a cycle: at 60 times real time the demo's period of 6 s is a tenth of a second.
    if (running) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
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
  TORPOR_TRY(const std::string programs, own_directory());
  TORPOR_TRY(DemoRoles roles, start_roles(flags, stage, programs));
  fmt::print("roles     torpor-sampler ({}) and torpord ({}), {} times faster than real time\n",
             roles.sampler.id(), roles.detector.id(), flags.speed);

  DemoScreen screen(stage.source.windows, ::isatty(STDOUT_FILENO) != 0);
  TORPOR_CHECK(show_until_end(roles.detector, stage.reports, screen, verbs.files));
  // Only the detector is waited for: it ends after --cycles, and the sampler is ended when `roles` goes.
  if (const int code = *roles.detector.exit_code(); code != 0) {
    return role_ended("torpord", code, flags.out + "/detector.log");
  }
  TORPOR_CHECK(write_page(verbs.files, stage.reports, flags.out + "/report.html",
                          // "Made" on the demo's clock: with the real one the page would be older than its
                          // last cycle.
                          stage.origin + contract.period() * static_cast<std::int64_t>(screen.shown())));
  TORPOR_TRY(const std::string trace, chrome_trace(verbs.files, stage.reports));
  TORPOR_CHECK(verbs.files.replace(flags.out + "/trace.json", as_bytes(trace), 0644));
  screen.finish(flags.out);
  return {};
}

}  // namespace

void add_demo(CLI::App& app, Verbs& verbs) {
  auto flags = std::make_shared<DemoFlags>(DemoFlags{.contract = "examples/demo.toml",
                                                     .model = "data/detector.model",
                                                     .site = "examples/site.toml",
                                                     .speed = 60});
  CLI::App* demo =
      app.add_subcommand("demo", "a key, a contract, two processes, a bearing that fails, a report");
  demo->add_option("--out", flags->out,
                   "directory for all it leaves: a new or empty one, or an earlier demo's")
      ->required();
  demo->add_option("--pack", flags->pack,
                   "data pack with a run-to-failure recording (default: ../shared/data, else simulated)");
  demo->add_option("--speed", flags->speed, "times faster than real time")->capture_default_str();
  demo->add_option("--contract", flags->contract, "contract to sign")->capture_default_str();
  demo->add_option("--site", flags->site, "site file")->capture_default_str();
  demo->add_option("--model", flags->model, "model file the contract names")->capture_default_str();
  demo->footer("example:\n  torpor demo --out out/demo");
  on_call(*demo, verbs, [flags, &verbs] {
    if (flags->pack.empty() && std::filesystem::exists("../shared/data/MANIFEST.csv"))
      flags->pack = "../shared/data";
    return run(*flags, verbs);
  });
}

}  // namespace torpor
