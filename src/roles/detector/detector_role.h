// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>

#include "roles/role_flags.h"

// The detector role as a process: torpord.
namespace torpor {

struct DetectorFlags : RoleFlags {
  std::string model;         // file
  std::string reports;       // directory of the record log
  std::string clock_origin;  // wall time a scaled clock starts at; empty: now
  std::uint64_t cycles = 0;  // end after so many; 0: never
};

// The role's flags and --model, --reports, --clock-origin, --cycles.
void add_detector_flags(CLI::App& app, DetectorFlags& flags);

// Wires the stages and runs the role to its end; the exit code (docs/exit-codes.md), with the
// reason on stderr and, for a refusal, in STATE and told to the site's servers. Without a valid
// bundle or model the peer is told before the process goes. Starts no thread; blocks SIGTERM,
// SIGINT and SIGHUP, which end the role. Call it once.
int run_detector(const DetectorFlags& flags);

}  // namespace torpor
