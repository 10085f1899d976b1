// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/factory/make_backend.h"

#include "model/backends/backends.h"
#include "model/cpu/cpu_backend.h"
#include "model/cuda/cuda_backend.h"
#include "model/tensorrt/plugin.h"

namespace torpor {

Result<std::unique_ptr<Backend>> make_backend(std::string_view name, const BackendRequest& request) {
// The table is the only list: a row makes a backend known here, to the site file and to the worker.
#define TORPOR_BACKEND(backend, exact, device) \
  if (name == #backend) return make_##backend##_backend(request);
#include "model/backends/backends.def"
#undef TORPOR_BACKEND
  return Error{
      .reason = Reason::usage, .where = "--backend", .found = name, .expected = backend_names().view()};
}

}  // namespace torpor
