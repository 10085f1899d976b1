// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The worker of torpord: runs the network in a process that ends. Not started by hand, so its
// command line is read by the room that also writes it.
#include <cstdio>
#include <string_view>

#include "model/cpu/cpu_backend.h"
#include "program/version.h"
#include "roles/worker/worker_role.h"

int main(int argc, char** argv) {
  using namespace torpor;
  const std::span<const char* const> given(argv + 1, static_cast<std::size_t>(argc - 1));
  for (const std::string_view word : given) {
    if (word == "--help") return std::fputs(kWorkerHelp, stdout) < 0 ? exit_code(Reason::io_failed) : 0;
    if (word == "--version") {
      const std::string text = version_text("torpor-infer", CpuBackend().kernels_name());
      return std::puts(text.c_str()) < 0 ? exit_code(Reason::io_failed) : 0;
    }
  }
  return run_worker(given);
}
