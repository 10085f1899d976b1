// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The detector role as a process: reads flags, wires the stages, runs.

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/posix/posix_files.h"
#include "base/posix/posix_host.h"
#include "base/posix/posix_system_tree.h"
#include "base/posix/tell.h"
#include "duty/detector.h"
#include "link/refusing_role.h"
#include "model/model_file.h"
#include "notes/refusal.h"
#include "power/meter_probe.h"
#include "roles/compute.h"
#include "roles/ledger.h"
#include "roles/role_main.h"
#include "telemetry/http/credentials.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/pusher.h"
#include "telemetry/refusal_push.h"
#include "window/queue_memory.h"

namespace torpor::apps {
namespace {

constexpr const char* kProgram = "torpord";

struct Flags : RoleFlags {
  std::string model;
  std::string reports;
  std::string clock_origin;
  std::uint64_t cycles = 0;
};

// Ends a start that was refused: the servers are told once, within the site's deadline.
int end_told(const Error& error, const RoleHome& home, const Flags& flags, Files& files,
             const PosixClock& clock) {
  return end_with(kProgram, error, home, flags, files, clock, [&](const Refusal& refusal) {
    if (!home.site.telemetry.on()) return;
    if (const Status counted = Spool::count_refusal(files, flags.reports); !counted)
      tell("{}: {}\n", kProgram, one_line(counted.error()).view());
    const std::int64_t not_before_s =
        home.own.contract == nullptr ? 0 : home.own.contract->terms().not_before_s;
    CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
    const auto said =
        push_refusal(transport, clock, home.site.telemetry, ClockGate(not_before_s, read_boot_id()), refusal);
    if (!said.empty()) tell("{}: telemetry: {}\n", kProgram, said.view());
  });
}

int run_detector(const Flags& flags, RoleHome& home, UnixLink& link, PosixFiles& files,
                 const PosixClock& clock, const ModelFile& model) {
  const auto failed = [&](const Error& error) { return end_told(error, home, flags, files, clock); };
  const Contract& contract = home.admission->contract;
  if (home.admission->store.wiped()) {
    tell("{}: no rollback state in {}: first start, or it was wiped\n", kProgram, flags.state);
  }
  const DeclaredPower& power = home.site.power;
  PosixSystemTree tree(home.site.system_root);
  const auto meter = probe_meter(tree, {.idle_mw = power.idle_mw,
                                        .sample_mw = power.sample_mw,
                                        .infer_mw = power.infer_mw,
                                        .sleep_mw = power.sleep_mw});
  const PosixClock real = PosixClock::unscaled();
  auto compute = Compute::make(contract, home.site.backend,
                               {.model = model, .model_path = flags.model, .state = flags.state}, files, real,
                               tree, *meter);
  if (!compute) return failed(compute.error());
  auto log = ReportLog::open(files, flags.reports, log_bounds(contract.terms().telemetry));
  if (!log) return failed(log.error());
  auto budget = StoredBudget::open(files, flags.state, contract.terms(), read_boot_id(), clock.now().boot);
  if (!budget) return failed(budget.error());
  if (budget->damage()) {
    tell("{}: {}\n  {}\n", kProgram, one_line(*budget->damage()).view(), next_step(budget->damage()->reason));
  }
  const auto uid = static_cast<std::uint32_t>(::getuid());
  CurlTransport transport(files, uid);
  std::optional<Pusher> pusher;
  if (const TelemetrySite& site = home.site.telemetry; site.on()) {
    if (const Status safe = check_secrets(files, site, uid); !safe) return failed(safe.error());
    auto opened = Pusher::open(
        {.files = files, .clock = clock, .transport = transport, .contract = contract, .site = site},
        {.device = home.site.device_id,
         .boot_id = read_boot_id(),
         .speed = flags.speed,
         .directory = flags.reports,
         .log_end = log->end()});
    if (!opened) return failed(opened.error());
    pusher.emplace(*std::move(opened));
  }
  Ledger ledger(kProgram, {.state = flags.state, .bundle = flags.bundle}, files, clock, *home.admission, *log,
                pusher ? &*pusher : nullptr);
  QueueMemory memory(contract);
  Detector detector({.link = link,
                     .clock = clock,
                     .own = home.own,
                     .backend = *compute->backend,
                     .residency = *compute->residency,
                     .sensor = {.appraiser = *compute->appraiser,
                                .fallback = compute->fallback.get(),
                                .memory = memory.memory()},
                     .meter = *meter,
                     .budget = *budget,
                     .listener = ledger},
                    {.device = home.site.device_id,
                     .boot_id = read_boot_id(),
                     .speed = flags.speed,
                     .last_cycle = log->last_cycle(),
                     .cycle_limit = flags.cycles,
                     .link_buffer_bytes = link.buffer_bytes()});
  const auto ended = run_role(detector, clock, link);
  if (!ended) return failed(ended.error());
  return detector.failure() ? failed(*detector.failure()) : *ended;
}

int run(const Flags& flags) {
  PosixFiles files;
  const auto usage = [](const Error& error) {
    tell("{}: {}\n  {}\n", kProgram, one_line(error).view(), next_step(error.reason));
    return exit_code(error.reason);
  };
  const auto origin = wall_time(flags.clock_origin);
  if (!origin) return usage(origin.error());
  const auto clock = PosixClock::make(flags.speed, *origin);
  if (!clock) return usage(clock.error());
  RoleHome home;
  if (const Status ready = prepare(home, LinkRole::detector, flags, files, *clock); !ready) {
    return end_told(ready.error(), home, flags, files, *clock);
  }
  std::unique_ptr<ModelFile> model;
  if (home.own.contract != nullptr) {
    const Terms& terms = home.own.contract->terms();
    auto opened = ModelFile::open(
        files, flags.model, {.digest = terms.model.digest, .feature_version = terms.model.feature_version});
    if (opened) {
      model = *std::move(opened);
    } else {
      home.own.contract = nullptr;
      home.own.refusal = opened.error();
    }
  }
  auto link = make_link(flags.link, home);
  if (!link) return end_told(link.error(), home, flags, files, *clock);
  if (home.own.contract != nullptr) return run_detector(flags, home, **link, files, *clock, *model);

  // Refused already; the peer is told why before we go.
  RefusingRole role(**link, *clock, home.own, Peer::End::dials);
  (void)run_role(role, *clock, **link);
  return end_told(home.own.refusal, home, flags, files, *clock);
}

}  // namespace
}  // namespace torpor::apps

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  torpor::apps::Flags flags;
  CLI::App app(
      "torpord: the detector role. Verifies its bundle, agrees with the sampler, then one window, one "
      "inference, one report per cycle, and sleep.");
  torpor::apps::add_role_flags(app, flags);
  app.add_option("--model", flags.model, "compiled model file; its digest is in the contract")->required();
  app.add_option("--reports", flags.reports, "directory of the record log")->required();
  app.add_option("--clock-origin", flags.clock_origin,
                 "wall time a scaled clock starts at, 2026-01-31T00:00:00Z");
  app.add_option("--cycles", flags.cycles, "end after so many cycles");
  app.footer(
      "example:\n  torpord --bundle robot.bundle --trust trust --site site.toml --link unix:/run/torpor/link "
      "\\\n"
      "          --model detector.model --state /var/lib/torpor --reports /var/lib/torpor/reports");
  if (const auto code = torpor::apps::parse(app, argc, argv)) return *code;
  return torpor::apps::run(flags);
}
