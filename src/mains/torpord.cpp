// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The detector role as a process.
#include "model/cpu/cpu_backend.h"
#include "program/command_line.h"
#include "program/version.h"
#include "roles/detector/detector_role.h"

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  using namespace torpor;
  CLI::App app(
      "torpord: the detector role. Verifies its bundle, agrees with the sampler, then one window, one "
      "inference, one report per cycle, and sleep.",
      kDetectorProgram);
  DetectorFlags flags;
  add_detector_flags(app, flags);
  app.footer(
      "example:\n  torpord --bundle robot.bundle --trust trust --site site.toml --link unix:/run/torpor/link "
      "\\\n"
      "          --model detector.model --state /var/lib/torpor/detector --reports /var/lib/torpor/reports");
  const auto version = [] { return version_text(kDetectorProgram, CpuBackend().kernels_name()); };
  if (const auto code = parse_command_line(app, argc, argv, version)) return *code;
  return run_detector(flags);
}
