// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/tensorrt/plugin.h"

#include <type_traits>

#include "base/posix/shared_library.h"

namespace torpor {

Result<std::unique_ptr<Backend>> open_tensorrt(const char* library, const TensorRtRequest& request) {
  // device_absent, because to the robot it is the same: nothing here can compute for it.
  TORPOR_TRY(
      const SharedLibrary opened,
      SharedLibrary::open({.reason = Reason::device_absent,
                           .file = library,
                           .provided_by = "torpor's plug-in beside torpor-infer, and TensorRT (docs/gpu.md)"},
                          SharedLibrary::Bind::now));
  std::remove_pointer_t<MakeTensorRtBackend>* make = nullptr;
  TORPOR_CHECK(opened.find(make, kTensorRtSymbol));
  return std::unique_ptr<Backend>(make(request));
}

Result<std::unique_ptr<Backend>> make_tensorrt_backend(const BackendRequest& request) {
  // The plan lies beside the model it was made of.
  const std::string plan = request.model_path + ".plan";
  return open_tensorrt(kTensorRtLibrary, {.plan_path = plan, .files = request.files, .clock = request.clock});
}

}  // namespace torpor
