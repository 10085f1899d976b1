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
namespace torpor {

struct DemoFlags {
  std::string out{};       // directory, see set_stage()
  std::string pack{};      // data pack with a MANIFEST.csv; empty: simulate
  std::string contract{};  // TOML
  std::string model{};
  std::string site{};
  double speed = 0;  // times faster than real time
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

// A demo leaves this file in the directory it made, and only in a directory that holds it does
// the next demo remove anything: by name, what a demo leaves (keys and logs of the roles too).
inline constexpr std::string_view kDemoMarker = ".torpor-demo";

// Makes flags.out, or clears an earlier demo out of it, then writes key, bundle (one copy per
// role), trust file and site file. Heap; runs nothing. Errors: file_exists when the directory
// holds something and no marker, and nothing was touched; those of contract and Files.
Result<DemoStage> set_stage(const DemoFlags& flags, Files& files, const Clock& clock);

struct DemoRoles {
  ChildProcess sampler;
  ChildProcess detector;
};
// `directory` holds the programs.
Result<DemoRoles> start_roles(const DemoFlags& flags, const DemoStage& stage, const std::string& directory);

}  // namespace torpor
