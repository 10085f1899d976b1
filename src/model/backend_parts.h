// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "model/backend.h"

namespace torpor {

// What a backend may be made of, whichever it is.
struct BackendParts {
  const std::string& model_path;  // beside it lies what was made of it (MODEL.plan)
  Files& files;                   // until load() has returned
  const Clock& clock;             // real time; outlives the backend
};

// make_cpu_backend and so on, one for each row of backends.def, defined in the backend's own
// room. Touches no device. device_absent where this build or machine has no such backend.
#define TORPOR_BACKEND(name, exact, device) \
  Result<std::unique_ptr<Backend>> make_##name##_backend(const BackendParts& parts);
#include "model/backends/backends.def"
#undef TORPOR_BACKEND

}  // namespace torpor
