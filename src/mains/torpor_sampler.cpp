// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The sampler (firmware) role as a Linux process: reads flags, wires a source, runs.

#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "base/posix/posix_files.h"
#include "base/posix/posix_host.h"
#include "base/posix/posix_system_tree.h"
#include "base/posix/tell.h"
#include "firmware/host/host_sleep.h"
#include "firmware/sampler.h"
#include "link/refusing_role.h"
#include "notes/refusal.h"
#include "notes/stopped.h"
#include "roles/role_main.h"
#include "sensor/spec/source_spec.h"
#include "window/queue_memory.h"

namespace torpor::apps {
namespace {

constexpr const char* kProgram = "torpor-sampler";

struct Flags : RoleFlags {
  std::string source;
};

void say(const Error& error) {
  tell("{}: {}\n  {}\n", kProgram, one_line(error).view(), next_step(error.reason));
}

// The dead-man's hand: ends the process at the other end of the link, says so and leaves a note.
class DeadMan final : public PeerStopper {
 public:
  DeadMan(const UnixLink& link, Files& files, const Flags& flags, const RoleHome& home, const Clock& clock)
      : link_(link), files_(files), flags_(flags), home_(home), clock_(clock) {}

  Status stop(const Overdue& why) override {
    const Contract& contract = *home_.own.contract;
    const StoppedNote note{.device = home_.site.device_id,
                           .pid = link_.peer_pid(),
                           .asleep = why.asleep,
                           .after = why.after,
                           .limit = why.limit,
                           .window = why.window,
                           .contract = {.digest = contract.digest(), .sequence = contract.sequence()},
                           .at = clock_.now()};
    const Status stopped = link_.kill_peer();
    if (!stopped) {
      say(stopped.error());
      return stopped;
    }
    tell("{}: {}\n", kProgram, one_line(note));
    // The note is for people; without it the detector is stopped all the same.
    if (const Status left = write_stopped(files_, flags_.state, note); !left) say(left.error());
    return {};
  }

 private:
  const UnixLink& link_;
  Files& files_;
  const Flags& flags_;
  const RoleHome& home_;
  const Clock& clock_;
};

// The machine's sleep, which says on stderr what goes wrong with it, once for each reason in a
// row.
class SaidSleep final : public SystemSleep {
 public:
  explicit SaidSleep(HostSleep& sleep) : sleep_(sleep) {
    const SuspendMeans& means = sleep.means();
    if (means.missing) {
      say(*means.missing);
    } else {
      tell("{}: sleeps by suspend ({}), woken by {}\n", kProgram,
           means.level.empty() ? "mem" : means.level.view(), sleep.woken_by());
    }
  }
  SuspendOutcome suspend_until(BootTime until) override {
    const SuspendOutcome outcome = sleep_.suspend_until(until);
    if (outcome.trouble && outcome.trouble->reason != said_) say(*outcome.trouble);
    said_ = outcome.trouble ? std::optional(outcome.trouble->reason) : std::nullopt;
    return outcome;
  }
  void given_up(const Error& last) override {
    Error error{.reason = Reason::suspend_given_up};
    error.where << name(last.reason);
    say(error);
  }

 private:
  HostSleep& sleep_;
  std::optional<Reason> said_;
};

// What a sampler needs to suspend its machine: made only where the contract asks for it.
struct Suspend {
  explicit Suspend(const std::string& root, const PosixClock& clock)
      : tree(root),
        alarm(BoottimeAlarm::make(clock)),
        host(tree, clock, alarm ? alarm->get() : nullptr),
        said(host) {}
  PosixSystemTree tree;
  Result<std::unique_ptr<BoottimeAlarm>> alarm;
  HostSleep host;
  SaidSleep said;
};

int run(const Flags& flags) {
  PosixFiles files;
  const auto clock = PosixClock::make(flags.speed, {});
  if (!clock) {
    tell("{}: {}\n", kProgram, one_line(clock.error()).view());
    return exit_code(clock.error().reason);
  }
  RoleHome home;
  const auto failed = [&](const Error& error) {
    return end_with(kProgram, error, home, flags, files, *clock);
  };
  if (const Status ready = prepare(home, LinkRole::sampler, flags, files, *clock); !ready)
    return failed(ready.error());
  auto link = make_link(flags.link, home);
  if (!link) return failed(link.error());
  if (home.own.contract == nullptr) {
    RefusingRole role(**link, *clock, home.own, Peer::End::listens);
    (void)run_role(role, *clock, **link);
    return failed(home.own.refusal);
  }

  const auto spec = parse_source_spec(flags.source);
  if (!spec) return failed(spec.error());
  auto source = make_source(*spec, *home.own.contract, 0, files);
  if (!source) return failed(source.error());
  QueueMemory memory(*home.own.contract);
  std::optional<Suspend> suspend;
  if (home.own.contract->terms().power.sleep_level == SleepLevel::suspend) {
    if (flags.speed == 1) {
      suspend.emplace(home.site.system_root, *clock);
    } else {
      tell("{}: sleeps by blocking: a machine cannot be suspended by a scaled clock\n", kProgram);
    }
  }
  DeadMan dead_man(**link, files, flags, home, *clock);
  SamplerRole sampler({.link = **link,
                       .clock = *clock,
                       .source = **source,
                       .own = home.own,
                       .memory = memory.memory(),
                       .link_buffer_bytes = (*link)->buffer_bytes(),
                       .stopper = &dead_man,
                       .sleep = suspend ? &suspend->said : nullptr});
  const auto ended = run_role(sampler, *clock, **link);
  if (!ended) return failed(ended.error());
  if (sampler.failure()) return failed(*sampler.failure());
  if (sampler.peer().session() > 0) (void)clear_refusal(files, flags.state);
  return *ended;
}

}  // namespace
}  // namespace torpor::apps

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  torpor::apps::Flags flags;
  CLI::App app(
      "torpor-sampler: the firmware role. Owns the sensor, verifies its own bundle, agrees with the "
      "detector, "
      "samples one window when asked and is silent in between.");
  torpor::apps::add_role_flags(app, flags);
  app.add_option("--source", flags.source, "recording:MANIFEST.csv[#row] or sim:SEED[,..]")->required();
  app.footer(
      "example:\n  torpor-sampler --bundle robot.bundle --trust trust --site site.toml --link "
      "unix:/run/torpor/link \\\n"
      "                 --source sim:7 --state /var/lib/torpor-sampler");
  if (const auto code = torpor::apps::parse(app, argc, argv)) return *code;
  return torpor::apps::run(flags);
}
