// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "model/quant_model.h"

// The quantised encoder as standard ONNX (opset 17, no custom operators), for other
// runtimes and for checking ours. Training-side: needs libonnx and protobuf.
//
//   inputs   band   float32 [N, 32, 94]    TokenSet::band
//            global float32 [N, 14]      TokenSet::global
//   output   logit  float32 [N]
//
// Every int8 product is a MatMul between DequantizeLinear nodes; activations pass through
// Clip (to +-127 steps, as ours saturate), QuantizeLinear and DequantizeLinear. Attention
// weights are e^(s - max) in steps of 1/127, divided by their sum after the product, which
// is what the kernels compute. What differs is only the rounding of fp32 sums; where that
// moves a value across a step, the logit moves by a little: tools/onnx_check states how much.
namespace torpor {

// Errors: model_dimension, model_shape; onnx_failed when the library's checker objects.
Result<std::vector<std::byte>> encode_onnx(const QuantModel& model);
Status export_onnx(Files& files, const std::string& path, const QuantModel& model);

}  // namespace torpor
