// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "roles/role_flags.h"

// The sampler (firmware) role as a Linux process: torpor-sampler.
namespace torpor {

struct SamplerFlags : RoleFlags {
  std::string source;  // sensor/spec/source_spec.h
};

// The role's flags and --source.
void add_sampler_flags(CLI::App& app, SamplerFlags& flags);

// Wires a source and runs the role to its end; the exit code (docs/exit-codes.md), with the
// reason on stderr and, for a refusal, in STATE. Without a valid bundle the peer is told before
// the process goes. Starts no thread; blocks SIGTERM, SIGINT and SIGHUP, which end the role. Call it
// once.
int run_sampler(const SamplerFlags& flags);

}  // namespace torpor
