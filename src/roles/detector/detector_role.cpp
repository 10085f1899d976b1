// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/detector/detector_role.h"

#include <unistd.h>

#include <optional>

#include "base/assertion.h"
#include "base/posix/posix_files.h"
#include "base/posix/posix_host.h"
#include "base/posix/posix_system_tree.h"
#include "base/posix/tell.h"
#include "base/utc.h"
#include "duty/detector.h"
#include "link/refusing_role.h"
#include "model/model_file.h"
#include "power/meter_probe.h"
#include "program/error_text.h"
#include "roles/detector/compute.h"
#include "roles/detector/cycle_recorder.h"
#include "roles/role_home.h"
#include "telemetry/http/credentials.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/pusher.h"
#include "telemetry/refusal_push.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

constexpr std::string_view kTelemetry = "torpord: telemetry";  // who says what cannot be told

// "2026-01-31T00:00:00Z"; none for an empty text; usage for anything else.
Result<std::optional<WallTime>> wall_time(const std::string& text) {
  if (text.empty()) return std::optional<WallTime>();
  const auto seconds = parse_utc(text);
  // Nanoseconds in 64 bits end in the year 2262.
  if (!seconds || *seconds < 0 || *seconds > unix_seconds(WallTime::max())) {
    return Error{.reason = Reason::usage}
        .at("--clock-origin")
        .saw(text)
        .want("a time like 2026-01-31T00:00:00Z");
  }
  return std::optional<WallTime>(WallTime(std::chrono::seconds(*seconds)));
}

// torpord from its flags to its exit code.
class DetectorProcess {
 public:
  struct Parts {
    PosixFiles& files;
    const PosixClock& clock;  // scaled
  };
  DetectorProcess(const Parts& parts, const DetectorFlags& flags)
      : files_(parts.files), clock_(parts.clock), flags_(flags), uid_(::getuid()) {}

  int run();

 private:
  int end_told(const Error& error);
  std::optional<RefusalTeller> teller_for(Transport& transport) const;
  void tell_servers(const RefusalNote* fresh);
  void open_model();
  Status open_log();
  bool log_is_ours() const { return log_->found() && log_->found()->device == home_.site.device_id; }
  std::optional<Pusher> open_pusher(Transport& transport, const ReportLog& log);
  Result<int> watch(UnixLink& link);

  PosixFiles& files_;
  const PosixClock& clock_;
  const DetectorFlags& flags_;
  const std::uint32_t uid_;
  RoleHome home_;
  std::unique_ptr<ModelFile> model_;
  std::optional<ReportLog> log_;
};

// Ends a start that failed. The servers are told why where it was a refusal; where it was not, they
// are told of an earlier one that they have not taken: this start may end in any way, and none of
// them must be the one in which the refusal is lost. Before the greeting there is no time for it, a
// peer that refuses waits two seconds to say so.
int DetectorProcess::end_told(const Error& error) {
  bool fresh = false;
  const int code = end_with(error, home_, flags_, files_, clock_, [&](const RefusalNote& note) {
    fresh = true;
    tell_servers(&note);
  });
  if (!fresh) tell_servers(nullptr);
  return code;
}

std::optional<RefusalTeller> DetectorProcess::teller_for(Transport& transport) const {
  if (!home_.site.telemetry.on()) return std::nullopt;
  // A clock that nobody vouches for dates no sample earlier than the contract began.
  const std::int64_t not_before_s =
      home_.own.contract == nullptr ? 0 : home_.own.contract->terms().not_before_s;
  return RefusalTeller(
      {.files = files_, .clock = clock_, .transport = transport, .site = home_.site.telemetry},
      {.state = flags_.state,
       .device = std::string(home_.site.device_id.view()),
       .boot_id = read_boot_id(),
       .not_before_s = not_before_s});
}

void DetectorProcess::tell_servers(const RefusalNote* fresh) {
  CurlTransport transport(files_, uid_);
  auto teller = teller_for(transport);
  if (!teller) return;
  const RefusalTelling telling =
      teller->tell(std::chrono::milliseconds(home_.site.telemetry.deadline_ms), fresh);
  if (!telling.said.empty()) tell("{}: {}\n", kTelemetry, telling.said.view());
}

// A model the contract does not name is a refusal like that of a bundle: the peer is told.
void DetectorProcess::open_model() {
  const Terms& terms = home_.own.contract->terms();
  auto opened = ModelFile::open(
      files_, flags_.model, {.digest = terms.model.digest, .feature_version = terms.model.feature_version});
  if (opened) {
    model_ = *std::move(opened);
    return;
  }
  home_.own.contract = nullptr;
  home_.own.refusal = opened.error();
}

// What the log tells was done comes before what the rollback counter still knows of it: a process
// that died between a record and its counter, or whose state was wiped, accepts no older contract. A
// record names no target class; contracts of one name are of one class.
Status DetectorProcess::open_log() {
  Admission& admission = *home_.admission;
  const Terms& terms = admission.contract.terms();
  TORPOR_CHECK(check_own_directory(files_, flags_.reports, uid_));
  TORPOR_TRY(ReportLog log, ReportLog::open(files_, flags_.reports, log_bounds(terms.telemetry)));
  log_.emplace(std::move(log));
  say_strays(LinkRole::detector, flags_.reports, log_->home().strays());
  if (!log_is_ours() || log_->found()->contract.id != terms.contract_id) return {};
  const ContractFacts& told = log_->found()->contract;
  admission.store.bring_up_to(terms.target_class, told.sequence, told.digest);
  const Status admitted = admission.store.check(admission.contract, flags_.bundle);
  if (!admitted) {
    home_.own.contract = nullptr;
    home_.own.refusal = admitted.error();
  }
  return {};
}

// Telemetry is no precondition of watching: what is wrong with it is said, and the role goes on.
// A secret that cannot be used costs the requests that need it, each of them counted as failed,
// and is read again for every one; a spool that cannot be opened costs telemetry until the next
// start.
std::optional<Pusher> DetectorProcess::open_pusher(Transport& transport, const ReportLog& log) {
  const TelemetrySite& site = home_.site.telemetry;
  if (!site.on()) return std::nullopt;
  for (const TelemetryServer* server : {&site.remote_write, &site.pushgateway, &site.alertmanager}) {
    const Status secrets = check_secrets(files_, *server, uid_);
    if (!secrets) tell_error(kTelemetry, secrets.error());
  }
  if (!site.textfile.empty())
    say_strays(LinkRole::detector, site.textfile, sweep_strays_of(files_, site.textfile));
  auto pusher = Pusher::open({.files = files_,
                              .clock = clock_,
                              .transport = transport,
                              .contract = *home_.own.contract,
                              .site = site},
                             {.device = home_.site.device_id,
                              .boot_id = read_boot_id(),
                              .directory = flags_.reports,
                              .log_end = log.end()});
  if (pusher) return *std::move(pusher);
  tell_error(kTelemetry, pusher.error());
  return std::nullopt;
}

// The role itself. What is opened first is what the later parts stand on; all of it outlives
// the detector, which is declared last.
Result<int> DetectorProcess::watch(UnixLink& link) {
  TORPOR_ASSERT(home_.own.contract != nullptr, "roles.a_detector_watches_only_under_a_contract");
  TORPOR_ASSERT(model_ != nullptr, "roles.a_detector_watches_only_with_its_model");
  const Contract& contract = *home_.own.contract;
  if (home_.admission->store.wiped())
    tell("{}: no rollback state in {}: first start, or it was wiped\n", kDetectorProgram, flags_.state);
  const DeclaredPower& power = home_.site.power;
  PosixSystemTree tree(home_.site.system_root);
  const auto meter = probe_meter(tree, {.idle_mw = power.idle_mw,
                                        .sample_mw = power.sample_mw,
                                        .infer_mw = power.infer_mw,
                                        .sleep_mw = power.sleep_mw});
  const PosixClock real = PosixClock::unscaled();  // a worker's deadlines are no demonstration's
  ReportLog& log = *log_;
  TORPOR_TRY(const Compute compute,
             Compute::make({.files = files_, .real = real, .tree = tree, .meter = *meter}, contract,
                           home_.site.backend, {.model = *model_, .path = flags_.model},
                           {.place = {.state_dir = flags_.state,
                                      .service_uid = uid_,
                                      .device = std::string(home_.site.device_id.view()),
                                      .trust = home_.admission->trust},
                            // A log that was copied from another robot gives its numbers, never its verdicts.
                            .newest = log_is_ours() ? &*log.found() : nullptr}));
  for (const Appraiser* appraiser : {compute.appraiser.get(), compute.fallback.get()}) {
    if (appraiser == nullptr || !appraiser->maintenance_refusal()) continue;
    // The alarm it was to clear stays, and so does the watch.
    tell_error(kDetectorProgram, *appraiser->maintenance_refusal());
  }
  TORPOR_TRY(StoredBudget budget,
             StoredBudget::open(files_, flags_.state, contract.terms(), read_boot_id(), clock_.now().boot));
  if (budget.damage()) tell_error(kDetectorProgram, *budget.damage());
  CurlTransport transport(files_, uid_);
  std::optional<Pusher> pusher = open_pusher(transport, log);
  std::optional<RefusalTeller> teller = teller_for(transport);
  CycleRecorder recorder({.files = files_,
                          .clock = clock_,
                          .admission = *home_.admission,
                          .log = log,
                          .pusher = pusher ? &*pusher : nullptr,
                          .teller = teller ? &*teller : nullptr},
                         {.state = flags_.state, .bundle = flags_.bundle, .trust = flags_.trust});
  QueueMemory memory(contract);
  Detector detector({.link = link,
                     .clock = clock_,
                     .own = home_.own,
                     .backend = *compute.backend,
                     .residency = *compute.residency,
                     .sensor = {.appraiser = *compute.appraiser,
                                .fallback = compute.fallback.get(),
                                .memory = memory.memory()},
                     .meter = *meter,
                     .budget = budget,
                     .listener = recorder},
                    {.device = home_.site.device_id,
                     .boot_id = read_boot_id(),
                     .speed = flags_.speed,
                     .last_cycle = log.last_cycle(),
                     .cycle_limit = flags_.cycles,
                     .link_buffer_bytes = link.buffer_bytes(),
                     .notice = home_.admission->store.wiped() ? std::optional(Reason::rollback_state_wiped)
                                                              : std::nullopt});
  TORPOR_TRY(const int ended, run_role(detector, clock_, link));
  if (detector.unsaved()) tell_error(kDetectorProgram, *detector.unsaved());
  if (detector.failure()) return *detector.failure();
  return ended;
}

int DetectorProcess::run() {
  if (const Status ready = prepare(home_, LinkRole::detector, flags_, files_, clock_); !ready)
    return end_told(ready.error());
  if (home_.own.contract != nullptr) {
    if (const Status opened = open_log(); !opened) return end_told(opened.error());
  }
  if (home_.own.contract != nullptr) open_model();
  auto link = make_link(flags_.link, home_);
  if (!link) return end_told(link.error());
  if (home_.own.contract != nullptr) {
    const auto ended = watch(**link);
    return ended ? *ended : end_told(ended.error());
  }
  // Refused already; the peer is told why before we go. That it was not told ends no other way.
  RefusingRole role(**link, clock_, home_.own, Peer::End::dials);
  if (const auto told = run_role(role, clock_, **link); !told) tell_error(kDetectorProgram, told.error());
  return end_told(home_.own.refusal);
}

}  // namespace

void add_detector_flags(CLI::App& app, DetectorFlags& flags) {
  add_role_flags(app, flags);
  app.add_option("--model", flags.model, "compiled model file; its digest is in the contract")->required();
  app.add_option("--reports", flags.reports, "directory of the record log")->required();
  app.add_option("--clock-origin", flags.clock_origin,
                 "wall time a scaled clock starts at, 2026-01-31T00:00:00Z");
  app.add_option("--cycles", flags.cycles, "end after so many cycles");
}

int run_detector(const DetectorFlags& flags) {
  // Without a clock there is no home to leave a refusal in: said, and that is all.
  const auto ended = [&](const Error& error) {
    tell_error(kDetectorProgram, error);
    return exit_code(error.reason);
  };
  const auto origin = wall_time(flags.clock_origin);
  if (!origin) return ended(origin.error());
  const auto clock = PosixClock::make(flags.speed, *origin);
  if (!clock) return ended(clock.error());
  PosixFiles files;
  return DetectorProcess({.files = files, .clock = *clock}, flags).run();
}

}  // namespace torpor
