// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/worker/worker_role.h"

#include <csignal>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "model/factory/make_backend.h"
#include "model/worker/worker_process.h"
#include "model/worker/worker_service.h"
#include "program/error_text.h"

namespace torpor {
namespace {

Status serve(std::span<const char* const> given) {
  TORPOR_TRY(const WorkerArguments arguments, parse_worker_arguments(given));
  // torpord alone decides when this process ends; a signal meant for both must not come first.
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  if (!die_with_parent(arguments.parent))
    return Error{.reason = Reason::usage, .where = "--parent", .expected = "the process that started this"};
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  const BackendRequest request{.model_path = arguments.model, .files = files, .clock = clock};
  WorkerService service{
      .arguments = arguments,
      .files = files,
      .clock = clock,
      .socket = WorkerProcess::kSocket,
      .make_backend = [&request](std::string_view name) { return make_backend(name, request); }};
  return service.serve();
}

}  // namespace

const char* const kWorkerHelp =
    "torpor-infer: the worker of torpord. Takes token sets over the socket it inherits as\n"
    "descriptor 3, runs the network, answers, gives the compute device back, ends.\n"
    "Started by torpord where site.toml names it: [backend] worker = \"/usr/bin/torpor-infer\"\n"
    "\n"
    "example:\n"
    "  torpor-infer --backend cpu --residency exit --model detector.model --digest HEX \\\n"
    "               --features 1 --batch 30 --parent PID\n";

int run_worker(std::span<const char* const> arguments) {
  const Status served = serve(arguments);
  if (served) return 0;
  tell_error("torpor-infer", served.error());
  return exit_code(served.error().reason);
}

}  // namespace torpor
