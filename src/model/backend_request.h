// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "model/backend.h"

namespace torpor {

// What a backend may be made of, whichever it is. Each backend's header declares
//   Result<std::unique_ptr<Backend>> make_NAME_backend(const BackendRequest& request);
// which touches no device; device_absent where this build or machine has no such backend.
struct BackendRequest {
  const std::string& model_path;  // beside it lies what was made of it (MODEL.plan)
  Files& files;                   // until load() has returned
  const Clock& clock;             // real time; outlives the backend
};

}  // namespace torpor
