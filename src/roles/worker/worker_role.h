// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>

// The worker of torpord as a process: torpor-infer.
namespace torpor {

// What `torpor-infer --help` prints.
extern const char* const kWorkerHelp;

// Serves the parent that the arguments name (model/worker/worker_arguments.h, without the
// program's name) until it hangs up, on the socket it inherited; the exit code, with the reason
// on stderr. Ignores SIGTERM, SIGINT and SIGHUP; dies with its parent.
int run_worker(std::span<const char* const> arguments);

}  // namespace torpor
