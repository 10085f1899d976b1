// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <memory>

#include "base/files.h"
#include "model/backend.h"
#include "model/worker/worker_arguments.h"

namespace torpor {

// The worker's side: opens the model itself, against digest and feature version of its
// arguments, and answers requests on `socket` until the policy or the other end says that
// it is over. What cannot be opened is the answer to the first request, by its reason.
// Blocks; one thread. Returns once everything is given back: the error that was also
// answered, or worker_protocol, io_failed for a conversation that broke.
struct WorkerService {
  const WorkerArguments& arguments;
  Files& files;
  const Clock& clock;  // real time
  int socket;
  // usage for a name it does not know.
  std::function<Result<std::unique_ptr<Backend>>(std::string_view name)> make_backend;

  Status serve();
};

}  // namespace torpor
