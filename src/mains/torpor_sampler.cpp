// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The sampler (firmware) role as a Linux process.
#include "program/command_line.h"
#include "program/version.h"
#include "roles/sampler/sampler_role.h"

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  using namespace torpor;
  CLI::App app;
  SamplerFlags flags;
  describe_sampler(app, flags);
  const auto version = [] { return version_text(kSamplerProgram); };
  if (const auto code = parse_command_line(app, argc, argv, version)) return *code;
  return run_sampler(flags);
}
