// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The one symbol of libtorpor_tensorrt.so.
#include "model/tensorrt/backend/tensorrt_backend.h"
#include "model/tensorrt/plugin.h"

extern "C" torpor::Backend* torpor_make_tensorrt_backend_2(const torpor::TensorRtRequest& request) {
  return new torpor::TensorRtBackend(request.plan_path, request.files, request.clock, request.driver);
}
