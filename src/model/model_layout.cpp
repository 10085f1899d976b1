// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/model_layout.h"

namespace torpor {
namespace {

// In the order of SectionKind, which counts from 1.
constexpr std::string_view kNames[] = {
    "activation scales",  "position",    "embed_band weight", "embed_band scale", "embed_global weight",
    "embed_global scale", "norm1 gain",  "norm1 bias",        "qkv weight",       "qkv scale",
    "qkv bias",           "o weight",    "o scale",           "o bias",           "norm2 gain",
    "norm2 bias",         "ffn1 weight", "ffn1 scale",        "ffn1 bias",        "ffn2 weight",
    "ffn2 scale",         "ffn2 bias",   "final_norm gain",   "final_norm bias",  "head1 weight",
    "head1 scale",        "head1 bias",  "head2 weight",      "head2 scale",      "head2 bias"};

// Kernels work on whole blocks; docs/model-file.md has the padding.
constexpr std::uint32_t up_to(std::uint32_t n, std::uint32_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// A weight's scale and bias follow it in the enumeration: so adding a kind in between is a new format.
SectionKind next(SectionKind kind) { return static_cast<SectionKind>(static_cast<int>(kind) + 1); }

class Specs {
 public:
  void values(SectionKind kind, std::uint32_t rows, std::uint32_t columns) {
    specs_.push_back({kind, layer_, SectionType::value_f32, rows, columns});
  }
  void scales(SectionKind kind, std::uint32_t columns) {
    specs_.push_back({kind, layer_, SectionType::scale_f32, 1, columns});
  }
  // weight and scale
  void matrix(SectionKind weight, std::uint32_t out, std::uint32_t in) {
    specs_.push_back({weight, layer_, SectionType::packed_int8, out, in});
    scales(next(weight), up_to(out, 16));
  }
  // weight, scale and bias
  void linear(SectionKind weight, std::uint32_t out, std::uint32_t in) {
    matrix(weight, out, in);
    values(next(next(weight)), 1, up_to(out, 16));
  }
  // gain and bias
  void norm(SectionKind gain, std::uint32_t width) {
    values(gain, 1, width);
    values(next(gain), 1, width);
  }
  void set_layer(std::uint32_t layer) { layer_ = static_cast<std::uint16_t>(layer); }
  std::vector<SectionSpec> take() { return std::move(specs_); }

 private:
  std::uint16_t layer_ = 0;
  std::vector<SectionSpec> specs_;
};

}  // namespace

std::uint64_t SectionSpec::bytes() const {
  if (type == SectionType::packed_int8) return std::uint64_t{up_to(rows, 16)} * up_to(columns, 4);
  return std::uint64_t{rows} * columns * sizeof(float);
}

// The order of the file, for reader and writer. Whatever changes it raises kModelFormat.
std::vector<SectionSpec> section_specs(const ModelDims& dims) {
  using enum SectionKind;
  const std::uint32_t d = dims.width;
  Specs specs;
  specs.scales(activation_scales, activation_scale_count(dims));
  specs.values(position, kTokens, d);
  specs.matrix(embed_band_weight, d, kBandInputs);
  specs.matrix(embed_global_weight, d, kGlobalInputs);
  for (std::uint32_t layer = 0; layer < dims.layers; ++layer) {
    specs.set_layer(layer);
    specs.norm(norm1_gain, d);
    specs.linear(qkv_weight, 3 * d, d);
    specs.linear(o_weight, d, d);
    specs.norm(norm2_gain, d);
    specs.linear(ffn1_weight, dims.ffn, d);
    specs.linear(ffn2_weight, d, dims.ffn);
  }
  // The head stands outside of the layers again.
  specs.set_layer(0);
  specs.norm(final_norm_gain, d);
  specs.linear(head1_weight, dims.head_hidden, 2 * d);
  specs.linear(head2_weight, 1, dims.head_hidden);
  return specs.take();
}

std::string section_name(const SectionSpec& spec) {
  const std::string name(kNames[static_cast<std::size_t>(spec.kind) - 1]);
  const bool in_layer = spec.kind >= SectionKind::norm1_gain && spec.kind <= SectionKind::ffn2_bias;
  return in_layer ? "layer " + std::to_string(spec.layer) + " " + name : name;
}

}  // namespace torpor
