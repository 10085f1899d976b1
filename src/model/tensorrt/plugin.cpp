// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/plugin.h"

#include <dlfcn.h>

namespace torpor {

Result<std::unique_ptr<Backend>> open_tensorrt(const char* library, const TensorRtRequest& request) {
  // Local: TensorRT brings many names, which nothing that is loaded later must bind to.
  void* opened = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  // Never closed again: the backend's code lies in it.
  void* symbol = opened == nullptr ? nullptr : ::dlsym(opened, kTensorRtSymbol);
  if (symbol == nullptr) {
    // device_absent, because to the robot it is the same: nothing here can compute for it.
    Error error{.reason = Reason::device_absent, .where = library};
    error.found << ::dlerror();
    return error;
  }
  return std::unique_ptr<Backend>(reinterpret_cast<MakeTensorRtBackend>(symbol)(request));
}

Result<std::unique_ptr<Backend>> make_tensorrt_backend(const BackendRequest& request) {
  // The plan lies beside the model it was made of.
  const std::string plan = request.model_path + ".plan";
  return open_tensorrt(kTensorRtLibrary, {.plan_path = plan, .files = request.files, .clock = request.clock});
}

}  // namespace torpor
