// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/float_model.h"

namespace torpor {
namespace {

// About 1 MB of int8 weights, well inside kMaxModelBytes.
constexpr std::uint64_t kMaxParameters = 1'000'000;

FloatLinear linear(std::uint32_t in, std::uint32_t out) {
  return {in, out, std::vector<float>(std::size_t{in} * out), std::vector<float>(out)};
}
FloatNorm norm(std::uint32_t width) { return {std::vector<float>(width, 1.0f), std::vector<float>(width)}; }

Status check(std::string_view name, std::uint32_t value, std::uint32_t min, std::uint32_t max,
             std::uint32_t multiple) {
  if (value >= min && value <= max && value % multiple == 0) return {};
  Error error{Reason::model_dimension, name};
  error.found << value;
  error.expected << min << " to " << max;
  if (multiple > 1) error.expected << ", a multiple of " << multiple;
  return error;
}

}  // namespace

// Multiples of 16, because kernels take sixteen outputs at once and have no tail.
Status check_dims(const ModelDims& dims) {
  TORPOR_CHECK(check("width", dims.width, 16, 256, 16));
  TORPOR_CHECK(check("layers", dims.layers, 1, 12, 1));
  TORPOR_CHECK(check("heads", dims.heads, 1, 16, 1));
  TORPOR_CHECK(check("ffn", dims.ffn, 16, 1024, 16));
  TORPOR_CHECK(check("head_hidden", dims.head_hidden, 16, 256, 16));
  if (dims.width % (16 * dims.heads) != 0) {
    Error error{Reason::model_dimension, "heads"};
    error.found << dims.heads;
    error.expected << "width / heads a multiple of 16, at width " << dims.width;
    return error;
  }
  // After the bounds: within them the count cannot overflow.
  if (const std::uint64_t count = parameter_count(dims); count > kMaxParameters) {
    Error error{Reason::model_dimension, "parameters"};
    error.found << count;
    error.expected << kMaxParameters << " at most";
    return error;
  }
  return {};
}

std::uint64_t parameter_count(const ModelDims& dims) {
  const std::uint64_t d = dims.width;
  // 4 d: gain and bias of both norms. The rest are weights and biases of qkv, o, ffn1 and ffn2.
  const std::uint64_t layer = 4 * d + (3 * d * d + 3 * d) + (d * d + d) + 2 * d * dims.ffn + dims.ffn + d;
  const std::uint64_t embed = (kBandInputs + 1) * d + (kGlobalInputs + 1) * d + kTokens * d;
  const std::uint64_t head = 2 * d + 2 * d * dims.head_hidden + 2 * dims.head_hidden + 1;
  return embed + dims.layers * layer + head;
}

FloatModel make_float_model(const ModelDims& dims) {
  const std::uint32_t d = dims.width;
  FloatModel model;
  model.dims = dims;
  model.embed_band = linear(kBandInputs, d);
  model.embed_global = linear(kGlobalInputs, d);
  model.position.resize(kTokens * d);
  for (std::uint32_t i = 0; i < dims.layers; ++i)
    model.layer.push_back(
        {norm(d), linear(d, 3 * d), linear(d, d), norm(d), linear(d, dims.ffn), linear(dims.ffn, d)});
  model.final_norm = norm(d);
  model.head1 = linear(2 * d, dims.head_hidden);
  model.head2 = linear(dims.head_hidden, 1);
  model.ranges.layer.resize(dims.layers);
  return model;
}

}  // namespace torpor
