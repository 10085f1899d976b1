// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The one symbol of libtorpor_tensorrt.so.
#include "model/tensorrt/backend/tensorrt_backend.h"
#include "model/tensorrt/plugin.h"

// _2 is the version of the request's layout: a library of another torpor is not found instead of misread.
extern "C" torpor::Backend* torpor_make_tensorrt_backend_2(const torpor::TensorRtRequest& request) {
  return new torpor::TensorRtBackend(request.plan_path, request.files, request.clock, request.driver);
}
