// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/quant_model.h"

#include <algorithm>
#include <cmath>

#include "model/model_layout.h"

namespace torpor {
namespace {

Error bad_value(const std::string& where, double found, std::string_view expected) {
  Error error{Reason::model_value, std::string_view(where)};
  error.found << (std::isfinite(found) ? std::to_string(found) : std::string("not finite"));
  error.expected << expected;
  return error;
}

Status check_values(const std::string& where, const std::vector<float>& values, std::size_t count) {
  if (values.size() != count) {
    Error error{Reason::model_shape, std::string_view(where)};
    error.found << values.size() << " values";
    error.expected << count;
    return error;
  }
  // Written so that a NaN fails.
  for (float v : values)
    if (!(std::abs(v) <= kMaxValue)) return bad_value(where, v, "-1e6 to 1e6");
  return {};
}

Result<float> scale_of(const std::string& where, float range) {
  // 127 steps to each side: -128 has no opposite, and a path that takes |a| could not hold it.
  const float scale = range / 127.0f;
  if (!(scale >= kMinScale && scale <= kMaxScale))
    return bad_value(where, range, "a range of 1.27e-7 to 1.27e5");
  return scale;
}

Status check_linear(const std::string& name, const FloatLinear& from, std::uint32_t in, std::uint32_t out) {
  if (from.in != in || from.out != out) {
    Error error{Reason::model_shape, std::string_view(name)};
    error.found << from.out << " x " << from.in;
    error.expected << out << " x " << in;
    return error;
  }
  TORPOR_CHECK(check_values(name + " weight", from.weight, std::size_t{in} * out));
  return check_values(name + " bias", from.bias, out);
}

Result<QuantLinear> quantize_linear(const std::string& name, const FloatLinear& from, std::uint32_t in,
                                    std::uint32_t out, float range) {
  // Shapes first: rows are addressed by them below.
  TORPOR_CHECK(check_linear(name, from, in, out));
  QuantLinear to{in,        out, std::vector<std::int8_t>(from.weight.size()), std::vector<float>(out),
                 from.bias, 0};
  TORPOR_TRY(to.in_scale, scale_of(name + " input range", range));
  // One scale per output: rows differ much in size, and at run time it is one factor of many.
  for (std::uint32_t o = 0; o < out; ++o) {
    const float* row = from.weight.data() + std::size_t{o} * in;
    float largest = 0;
    for (std::uint32_t i = 0; i < in; ++i) largest = std::max(largest, std::abs(row[i]));
    // A row of zeros keeps a scale the file may hold; its weights are zero all the same.
    to.scale[o] = std::max(largest / 127.0f, kMinScale);
    if (to.scale[o] > kMaxScale) return bad_value(name + " weight", largest, "at most 1.27e5");
    for (std::uint32_t i = 0; i < in; ++i) {
      // Symmetric, so that padding and zero points are 0 and add nothing to a sum.
      // nearbyint: half to even in the default rounding mode, which nothing here changes.
      const float q = std::clamp(std::nearbyint(row[i] / to.scale[o]), -127.0f, 127.0f);
      to.weight[std::size_t{o} * in + i] = static_cast<std::int8_t>(q);
    }
  }
  return to;
}

Status check_norm(const std::string& name, const FloatNorm& norm, std::uint32_t width) {
  TORPOR_CHECK(check_values(name + " gain", norm.gain, width));
  return check_values(name + " bias", norm.bias, width);
}

Result<QuantLayer> quantize_layer(const FloatLayer& from, const LayerRanges& ranges, const ModelDims& dims,
                                  std::uint32_t index) {
  const std::string name = "layer " + std::to_string(index) + " ";
  const std::uint32_t d = dims.width;
  QuantLayer to;
  TORPOR_CHECK(check_norm(name + "norm1", from.norm1, d));
  TORPOR_CHECK(check_norm(name + "norm2", from.norm2, d));
  to.norm1 = from.norm1;
  to.norm2 = from.norm2;
  // A product's input scale belongs to the point in front of it; q, k and v have their own behind it.
  TORPOR_TRY(to.qkv, quantize_linear(name + "qkv", from.qkv, d, 3 * d, ranges.norm1));
  TORPOR_TRY(to.q_scale, scale_of(name + "q range", ranges.q));
  TORPOR_TRY(to.k_scale, scale_of(name + "k range", ranges.k));
  TORPOR_TRY(to.v_scale, scale_of(name + "v range", ranges.v));
  TORPOR_TRY(to.o, quantize_linear(name + "o", from.o, d, d, ranges.attention));
  TORPOR_TRY(to.ffn1, quantize_linear(name + "ffn1", from.ffn1, d, dims.ffn, ranges.norm2));
  TORPOR_TRY(to.ffn2, quantize_linear(name + "ffn2", from.ffn2, dims.ffn, d, ranges.gelu));
  return to;
}

}  // namespace

Result<QuantModel> quantize(const FloatModel& model) {
  const ModelDims& dims = model.dims;
  TORPOR_CHECK(check_dims(dims));
  const std::uint32_t d = dims.width;
  const ActivationRanges& ranges = model.ranges;
  if (model.layer.size() != dims.layers || ranges.layer.size() != dims.layers) {
    Error error{Reason::model_shape, "layers"};
    error.found << model.layer.size() << ", ranges " << ranges.layer.size();
    error.expected << dims.layers;
    return error;
  }
  QuantModel to;
  to.dims = dims;
  TORPOR_CHECK(check_values("position", model.position, kTokens * d));
  TORPOR_TRY(to.embed_band, quantize_linear("embed_band", model.embed_band, kBandInputs, d, ranges.band_in));
  TORPOR_TRY(to.embed_global,
             quantize_linear("embed_global", model.embed_global, kGlobalInputs, d, ranges.global_in));
  // Biases of the embeddings go where a number is added anyway.
  // One addition at run time in place of two.
  to.position = model.position;
  for (std::size_t i = 0; i < to.position.size(); ++i)
    to.position[i] += i < d ? to.embed_global.bias[i] : to.embed_band.bias[i % d];
  // Asked again: each was within bounds, their sum need not be.
  TORPOR_CHECK(check_values("position with bias", to.position, kTokens * d));
  to.embed_band.bias.assign(d, 0.0f);
  to.embed_global.bias.assign(d, 0.0f);
  for (std::uint32_t i = 0; i < dims.layers; ++i) {
    TORPOR_TRY(QuantLayer layer, quantize_layer(model.layer[i], ranges.layer[i], dims, i));
    to.layer.push_back(std::move(layer));
  }
  TORPOR_CHECK(check_norm("final_norm", model.final_norm, d));
  to.final_norm = model.final_norm;
  TORPOR_TRY(to.head1, quantize_linear("head1", model.head1, 2 * d, dims.head_hidden, ranges.head_in));
  TORPOR_TRY(to.head2, quantize_linear("head2", model.head2, dims.head_hidden, 1, ranges.head_hidden));
  return to;
}

}  // namespace torpor
