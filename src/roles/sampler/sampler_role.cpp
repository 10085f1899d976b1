// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/sampler_role.h"

#include "base/assertion.h"
#include "base/posix/posix_files.h"
#include "base/posix/posix_host.h"
#include "base/posix/tell.h"
#include "firmware/sampler.h"
#include "link/refusing_role.h"
#include "program/error_text.h"
#include "roles/role_home.h"
#include "roles/sampler/dead_man.h"
#include "roles/sampler/machine_sleep.h"
#include "roles/sampler/sampler_record.h"
#include "sensor/spec/source_spec.h"
#include "window/queue_memory.h"

namespace torpor {
namespace {

// torpor-sampler from its flags to its exit code.
class SamplerProcess {
 public:
  struct Parts {
    PosixFiles& files;
    const PosixClock& clock;  // scaled
  };
  SamplerProcess(const Parts& parts, const SamplerFlags& flags)
      : files_(parts.files), clock_(parts.clock), flags_(flags) {}

  int run();

 private:
  bool sleeps_by_suspend() const;
  Result<int> sample(UnixLink& link);
  int end(const Error& error) { return end_with(error, home_, flags_, files_, clock_); }

  PosixFiles& files_;
  const PosixClock& clock_;
  const SamplerFlags& flags_;
  RoleHome home_;
};

bool SamplerProcess::sleeps_by_suspend() const {
  if (home_.own.contract->terms().power.sleep_level != SleepLevel::suspend) return false;
  if (flags_.speed == 1) return true;
  tell("{}: sleeps by blocking: a machine cannot be suspended by a scaled clock\n", kSamplerProgram);
  return false;
}

// The role itself: all that it works through outlives it.
Result<int> SamplerProcess::sample(UnixLink& link) {
  TORPOR_ASSERT(home_.own.contract != nullptr, "roles.a_sampler_samples_only_under_a_contract");
  const Contract& contract = *home_.own.contract;
  TORPOR_TRY(const SourceSpec spec, parse_source_spec(flags_.source));
  TORPOR_TRY(const auto source, make_source(spec, contract, 0, files_));
  QueueMemory memory(contract);
  std::optional<MachineSleep> machine;
  if (sleeps_by_suspend()) machine.emplace(home_.site.system_root, clock_);
  DeadMan dead_man({.link = link, .files = files_, .clock = clock_},
                   {.state = flags_.state,
                    .device = std::string(home_.site.device_id.view()),
                    .contract = {.digest = contract.digest(), .sequence = contract.sequence()}});
  SamplerRecord record({.admission = *home_.admission, .files = files_},
                       {.state = flags_.state, .bundle = flags_.bundle, .trust = flags_.trust});
  SamplerRole sampler({.link = link,
                       .clock = clock_,
                       .source = *source,
                       .own = home_.own,
                       .memory = memory.memory(),
                       .link_buffer_bytes = link.buffer_bytes(),
                       .stopper = &dead_man,
                       .sleep = machine ? &machine->sleep() : nullptr,
                       .listener = &record});
  TORPOR_TRY(const int ended, run_role(sampler, clock_, link));
  if (sampler.failure()) return *sampler.failure();
  return ended;
}

int SamplerProcess::run() {
  if (const Status ready = prepare(home_, LinkRole::sampler, flags_, files_, clock_); !ready)
    return end(ready.error());
  auto link = make_link(flags_.link, home_);
  if (!link) return end(link.error());
  if (home_.own.contract != nullptr) {
    const auto ended = sample(**link);
    return ended ? *ended : end(ended.error());
  }
  // Refused already; the peer is told why before we go. That it was not told ends no other way.
  RefusingRole role(**link, clock_, home_.own, Peer::End::listens);
  if (const auto told = run_role(role, clock_, **link); !told) tell_error(kSamplerProgram, told.error());
  return end(home_.own.refusal);
}

}  // namespace

void add_sampler_flags(CLI::App& app, SamplerFlags& flags) {
  add_role_flags(app, flags);
  app.add_option("--source", flags.source, "recording:MANIFEST.csv[#row] or sim:SEED[,..]")->required();
}

int run_sampler(const SamplerFlags& flags) {
  const auto clock = PosixClock::make(flags.speed, {});
  if (!clock) {
    // Without a clock there is no home to leave a refusal in: said, and that is all.
    tell_error(kSamplerProgram, clock.error());
    return exit_code(clock.error().reason);
  }
  PosixFiles files;
  return SamplerProcess({.files = files, .clock = *clock}, flags).run();
}

}  // namespace torpor
