// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/quant_model.h"

namespace torpor {
namespace {

QuantLinear unpacked(const PackedLinear& from) {
  const PackedMatrix& matrix = from.matrix;
  QuantLinear to{matrix.in,
                 matrix.out,
                 std::vector<std::int8_t>(std::size_t{matrix.in} * matrix.out),
                 {from.scale, from.scale + matrix.out},
                 std::vector<float>(matrix.out),
                 from.in_scale};
  // Embeddings keep zeros: their biases are part of position.
  if (from.bias != nullptr) to.bias.assign(from.bias, from.bias + matrix.out);
  // The packing of model_writer.cpp backwards, padding left out.
  for (std::uint32_t o = 0; o < matrix.out; ++o)
    for (std::uint32_t i = 0; i < matrix.in; ++i)
      to.weight[std::size_t{o} * matrix.in + i] =
          matrix.data[std::size_t{64} * (o / 16 * matrix.groups() + i / 4) + 4 * (o % 16) + i % 4];
  return to;
}

FloatNorm unpacked(const PackedNorm& from, std::uint32_t width) {
  return {{from.gain, from.gain + width}, {from.bias, from.bias + width}};
}

}  // namespace

QuantModel unpack(const ModelFile& file) {
  const std::uint32_t d = file.dims().width;
  QuantModel to;
  to.dims = file.dims();
  to.feature_version = file.feature_version();
  to.embed_band = unpacked(file.embed_band());
  to.embed_global = unpacked(file.embed_global());
  to.position.assign(file.position(), file.position() + kTokens * d);
  for (const PackedLayer& from : file.layers())
    to.layer.push_back({unpacked(from.norm1, d), unpacked(from.qkv), from.q_scale, from.k_scale, from.v_scale,
                        unpacked(from.o), unpacked(from.norm2, d), unpacked(from.ffn1), unpacked(from.ffn2)});
  to.final_norm = unpacked(file.final_norm(), d);
  to.head1 = unpacked(file.head1());
  to.head2 = unpacked(file.head2());
  return to;
}

}  // namespace torpor
