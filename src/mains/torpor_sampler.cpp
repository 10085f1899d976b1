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
  CLI::App app(
      "torpor-sampler: the firmware role. Owns the sensor, verifies its own bundle, agrees with the "
      "detector, samples one window when asked and is silent in between.",
      kSamplerProgram);
  SamplerFlags flags;
  add_sampler_flags(app, flags);
  app.footer(
      "example:\n  torpor-sampler --bundle robot.bundle --trust trust --site site.toml --link "
      "unix:/run/torpor/link \\\n"
      "                 --source sim:7 --state /var/lib/torpor/sampler");
  const auto version = [] { return version_text(kSamplerProgram); };
  if (const auto code = parse_command_line(app, argc, argv, version)) return *code;
  return run_sampler(flags);
}
