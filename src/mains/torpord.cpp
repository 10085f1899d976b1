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
  CLI::App app;
  DetectorFlags flags;
  describe_detector(app, flags);
  const auto version = [] { return version_text(kDetectorProgram, CpuBackend().kernels_name()); };
  if (const auto code = parse_command_line(app, argc, argv, version)) return *code;
  return run_detector(flags);
}
