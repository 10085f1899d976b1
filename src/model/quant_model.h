// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "model/float_model.h"
#include "model/model_file.h"

// The encoder in int8, before it is packed for the kernels: what is written to a model
// file and exported as ONNX.
namespace torpor {

// out[o] = bias[o] + in_scale * scale[o] * sum_i weight[o][i] * round(x[i] / in_scale)
struct QuantLinear {
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::vector<std::int8_t> weight;  // [out][in], -127..127
  std::vector<float> scale;         // [out], symmetric, per output channel
  std::vector<float> bias;          // [out], fp32; the embeddings' is added to position
  float in_scale = 0;               // static, symmetric, per tensor
};

struct QuantLayer {
  FloatNorm norm1;
  QuantLinear qkv;
  float q_scale = 0;
  float k_scale = 0;
  float v_scale = 0;
  QuantLinear o;
  FloatNorm norm2;
  QuantLinear ffn1;
  QuantLinear ffn2;
};

struct QuantModel {
  ModelDims dims;
  std::uint32_t feature_version = kFeatureVersion;
  QuantLinear embed_band;       // bias all zero
  QuantLinear embed_global;     // bias all zero
  std::vector<float> position;  // [kTokens][width], embedding biases included
  std::vector<QuantLayer> layer;
  FloatNorm final_norm;
  QuantLinear head1;
  QuantLinear head2;
};

// Symmetric quantisation: weights per output channel (max |w| / 127; a channel of zeros
// gets the smallest scale), activations by model.ranges. Round half to even.
// Errors: model_dimension; model_shape for a vector of the wrong length; model_value for
// a number that is not finite or beyond the bounds of docs/model-file.md.
Result<QuantModel> quantize(const FloatModel& model);

// The bytes of a model file (docs/model-file.md). `card` is the text of the model's card;
// its SHA-256 goes into the header, so that a card cannot be swapped unnoticed. The same
// model gives the same bytes. Errors as quantize().
Result<std::vector<std::byte>> encode_model_file(const QuantModel& model, std::string_view card);

// encode, check by reading back, then replace `path` (mode 0644) as a whole. The contract's
// ModelTerms::digest is the SHA-256 of these bytes (model_digest()).
Status write_model_file(Files& files, const std::string& path, const QuantModel& model,
                        std::string_view card);

// The model a file was made of: what export to other formats starts from.
// encode_model_file(unpack(file), card) gives the same bytes again.
QuantModel unpack(const ModelFile& file);

}  // namespace torpor
