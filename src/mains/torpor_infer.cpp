// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The worker of torpord: runs the network in a process that ends. Not started by hand.

#include <csignal>
#include <cstdio>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "model/cpu/cpu_backend.h"
#include "model/cuda/cuda_backend.h"
#include "model/tensorrt/plugin.h"
#include "model/worker/worker_process.h"
#include "model/worker/worker_service.h"

namespace torpor::apps {
namespace {

constexpr const char* kHelp =
    "torpor-infer: the worker of torpord. Takes token sets over the socket it inherits as\n"
    "descriptor 3, runs the network, answers, gives the compute device back, ends.\n"
    "Started by torpord where site.toml names it: [backend] worker = \"/usr/bin/torpor-infer\"\n"
    "\n"
    "example:\n"
    "  torpor-infer --backend cpu --residency exit --model detector.model --digest HEX \\\n"
    "               --features 1 --batch 30 --parent PID\n";

int end_with(const Error& error) {
  std::fprintf(stderr, "torpor-infer: %.*s\n", static_cast<int>(one_line(error).size()),
               one_line(error).view().data());
  return exit_code(error.reason);
}

// The engine plan of a model lies beside it.
constexpr const char* kPlanSuffix = ".plan";

Result<std::unique_ptr<Backend>> make_backend(std::string_view name, const std::string& plan, Files& files,
                                              const Clock& clock) {
  if (name == "cpu") return std::unique_ptr<Backend>(std::make_unique<CpuBackend>());
  if (name == "cuda") return std::unique_ptr<Backend>(std::make_unique<cuda::CudaBackend>(clock));
  if (name == "tensorrt")
    return open_tensorrt(kTensorRtLibrary, {.plan_path = plan, .files = files, .clock = clock});
  return Error{
      .reason = Reason::usage, .where = "--backend", .found = name, .expected = "cpu, cuda or tensorrt"};
}

int run(std::span<const char* const> given) {
  const auto arguments = parse_worker_arguments(given);
  if (!arguments) return end_with(arguments.error());
  // torpord alone decides when this process ends; a signal meant for both must not come first.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  if (!die_with_parent(arguments->parent))
    return end_with(
        {.reason = Reason::usage, .where = "--parent", .expected = "the process that started this"});
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  const std::string plan = arguments->model + kPlanSuffix;
  WorkerService service{
      .arguments = *arguments,
      .files = files,
      .clock = clock,
      .socket = WorkerProcess::kSocket,
      .make_backend = [&](std::string_view name) { return make_backend(name, plan, files, clock); }};
  const Status served = service.serve();
  return served ? 0 : end_with(served.error());
}

}  // namespace
}  // namespace torpor::apps

int main(int argc, char** argv) {
  const std::span<const char* const> given(argv + 1, static_cast<std::size_t>(argc - 1));
  for (const std::string_view word : given) {
    if (word != "--help") continue;
    std::fputs(torpor::apps::kHelp, stdout);
    return 0;
  }
  return torpor::apps::run(given);
}
