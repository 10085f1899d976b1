// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/unpack.h"

namespace torpor::train {
namespace {

QuantLinear linear(const PackedLinear& from) {
  QuantLinear to;
  to.in = from.matrix.in;
  to.out = from.matrix.out;
  to.weight.resize(std::size_t{to.out} * to.in);
  for (std::uint32_t o = 0; o < to.out; ++o)
    for (std::uint32_t i = 0; i < to.in; ++i)
      to.weight[std::size_t{o} * to.in + i] =
          from.matrix.data[std::size_t{64} * (o / 16 * from.matrix.groups() + i / 4) + 4 * (o % 16) + i % 4];
  to.scale.assign(from.scale, from.scale + to.out);
  // The embeddings have none: theirs is part of the positions.
  to.bias.assign(to.out, 0.0f);
  if (from.bias != nullptr) to.bias.assign(from.bias, from.bias + to.out);
  to.in_scale = from.in_scale;
  return to;
}

FloatNorm norm(const PackedNorm& from, std::uint32_t width) {
  return {{from.gain, from.gain + width}, {from.bias, from.bias + width}};
}

}  // namespace

QuantModel unpack(const ModelFile& file) {
  QuantModel out;
  const std::uint32_t width = file.dims().width;
  out.dims = file.dims();
  out.feature_version = file.feature_version();
  out.embed_band = linear(file.embed_band());
  out.embed_global = linear(file.embed_global());
  out.position.assign(file.position(), file.position() + std::size_t{kTokens} * width);
  for (const PackedLayer& from : file.layers()) {
    QuantLayer to;
    to.norm1 = norm(from.norm1, width);
    to.qkv = linear(from.qkv);
    to.q_scale = from.q_scale;
    to.k_scale = from.k_scale;
    to.v_scale = from.v_scale;
    to.o = linear(from.o);
    to.norm2 = norm(from.norm2, width);
    to.ffn1 = linear(from.ffn1);
    to.ffn2 = linear(from.ffn2);
    out.layer.push_back(std::move(to));
  }
  out.final_norm = norm(file.final_norm(), width);
  out.head1 = linear(file.head1());
  out.head2 = linear(file.head2());
  return out;
}

}  // namespace torpor::train
