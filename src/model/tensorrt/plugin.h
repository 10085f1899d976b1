// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>

#include "model/backend_request.h"

namespace torpor {

// The TensorRT backend as a shared object, so that torpor-infer runs where TensorRT is not.
// Built beside torpor-infer from the same sources, and using what that links: the name of
// its one symbol changes with what both must agree on, Backend and cuda::DeviceBackend.
inline constexpr const char* kTensorRtLibrary = "libtorpor_tensorrt.so";
inline constexpr const char* kTensorRtSymbol = "torpor_make_tensorrt_backend_2";

namespace cuda {
struct Driver;
}

struct TensorRtRequest {
  const std::string& plan_path;
  Files& files;                          // until load() has returned
  const Clock& clock;                    // outlives the backend
  const cuda::Driver* driver = nullptr;  // null: the machine's own
};
using MakeTensorRtBackend = Backend* (*)(const TensorRtRequest& request);

// Opens `library` for the rest of the process. device_absent when it or its symbol is not
// there, with what the loader says.
Result<std::unique_ptr<Backend>> open_tensorrt(const char* library, const TensorRtRequest& request);

// By kTensorRtLibrary, with the plan beside the model.
Result<std::unique_ptr<Backend>> make_tensorrt_backend(const BackendRequest& request);

}  // namespace torpor
