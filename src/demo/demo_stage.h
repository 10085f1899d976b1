// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/posix/process.h"
#include "contract/contract.h"

// What `torpor demo` sets up before anything runs: a key, a signed contract, two homes, and
// two real processes.
namespace torpor::apps {

struct DemoFlags {
  std::string out;       // directory; what an earlier demo left in it is removed
  std::string pack;      // data pack with a MANIFEST.csv; empty: simulate
  std::string contract;  // TOML
  std::string model;
  std::string site;
  double speed = 0;
};

// What the sampler will play.
struct DemoSource {
  std::string argument;     // for --source
  std::string description;  // for people
  std::uint64_t windows = 0;
};

struct DemoStage {
  DemoSource source;
  std::string key_id;
  std::optional<Contract> contract;
  WallTime origin{};    // of the scaled clock: the run ends about now
  std::string reports;  // directory
};

// The run-to-failure machine of the pack with the most windows; without one the simulated
// bearing, and the description says why.
Result<DemoSource> choose_source(Files& files, const std::string& pack, const DutyTerms& duty);

// Key, bundle (one copy per role), trust file, site file. `say` prints a line per step.
// Errors: those of contract and files.
Result<DemoStage> set_stage(const DemoFlags& flags, Files& files, const Clock& clock);

struct DemoRoles {
  ChildProcess sampler;
  ChildProcess detector;
};
// `directory` holds the programs.
Result<DemoRoles> start_roles(const DemoFlags& flags, const DemoStage& stage, const std::string& directory);

}  // namespace torpor::apps
