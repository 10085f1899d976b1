// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cuda/image.h"

#include "model/model_layout.h"

namespace torpor::cuda {
namespace {

class Builder {
 public:
  template <class T>
  std::uint32_t add(const T* values, std::size_t count) {
    const std::size_t at = reserve(count * sizeof(T));
    std::memcpy(image_.data() + at, values, count * sizeof(T));
    // The file's bounds keep offsets within 32 bits: a model has at most 4 MiB.
    return static_cast<std::uint32_t>(at);
  }

  LinearAt add(const PackedLinear& linear) {
    const std::size_t padded = std::size_t{16} * linear.matrix.blocks();
    LinearAt at;
    at.weight = add(linear.matrix.data, linear.matrix.bytes());
    // The product as CpuBackend makes it, rounded once on the host: the bits must be equal.
    const std::size_t multiplier = reserve(padded * sizeof(float));
    for (std::size_t o = 0; o < padded; ++o) {
      const float value = linear.in_scale * linear.scale[o];
      std::memcpy(image_.data() + multiplier + o * sizeof value, &value, sizeof value);
    }
    at.multiplier = static_cast<std::uint32_t>(multiplier);
    if (linear.bias != nullptr) at.bias = add(linear.bias, padded);
    at.groups = linear.matrix.groups();
    at.inverse_in = 1.0f / linear.in_scale;
    return at;
  }

  // Gain, and bias right behind it: width is a multiple of 16.
  std::uint32_t add(const PackedNorm& norm, std::size_t width) {
    const std::uint32_t at = add(norm.gain, width);
    static_cast<void>(add(norm.bias, width));
    return at;
  }

  std::vector<std::byte> take() { return std::move(image_); }

 private:
  // Aligned like sections of the file, so that kernels may read words of four weights.
  std::size_t reserve(std::size_t bytes) {
    const std::size_t at = image_.size();
    image_.resize(at + aligned_up(bytes));
    return at;
  }
  std::vector<std::byte> image_;
};

}  // namespace

std::vector<std::byte> make_image(const ModelFile& model, Net& net) {
  const ModelDims& dims = model.dims();
  net = {};
  net.width = dims.width;
  net.heads = dims.heads;
  net.ffn = dims.ffn;
  net.head_hidden = dims.head_hidden;
  net.layers = dims.layers;
  Builder builder;
  net.position = builder.add(model.position(), kTokens * dims.width);
  net.final_norm = builder.add(model.final_norm(), dims.width);
  net.embed_band = builder.add(model.embed_band());
  net.embed_global = builder.add(model.embed_global());
  net.head1 = builder.add(model.head1());
  net.head2 = builder.add(model.head2());
  for (std::size_t i = 0; i < model.layers().size(); ++i) {
    const PackedLayer& packed = model.layers()[i];
    LayerAt& at = net.layer[i];
    at.norm1 = builder.add(packed.norm1, dims.width);
    at.norm2 = builder.add(packed.norm2, dims.width);
    at.qkv = builder.add(packed.qkv);
    at.o = builder.add(packed.o);
    at.ffn1 = builder.add(packed.ffn1);
    at.ffn2 = builder.add(packed.ffn2);
    at.inverse_q = 1.0f / packed.q_scale;
    at.inverse_k = 1.0f / packed.k_scale;
    at.inverse_v = 1.0f / packed.v_scale;
    at.softmax_scale =
        // The same expression as in the CPU backend, to the last rounding.
        (packed.q_scale * packed.k_scale) / std::sqrt(static_cast<float>(dims.width / dims.heads));
    at.v_scale = packed.v_scale;
  }
  return builder.take();
}

// Run twice: with no base it only counts, so that size and layout cannot differ.
std::size_t place(Net& net, std::size_t image_bytes, std::byte* base) {
  std::size_t used = 0;
  const auto take = [&](auto& pointer, std::size_t count) {
    using T = std::remove_reference_t<decltype(*pointer)>;
    pointer = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
    used += aligned_up(count * sizeof(T));
  };
  const std::size_t sets = net.sets;
  const std::size_t rows = sets * kTokens;
  // The image first: it is copied to the block's own address.
  take(net.image, image_bytes);
  take(net.tokens, sets * kSetFloats);
  take(net.logits, sets);
  take(net.band, sets * kBands * kBandStride);
  take(net.global, sets * kGlobalStride);
  take(net.x, rows * net.width);
  take(net.normed, rows * net.width);
  take(net.a, rows * net.width);
  take(net.qkv, rows * 3 * net.width);
  take(net.hidden, rows * net.ffn);
  take(net.head, sets * 2 * net.width);
  take(net.head_hidden_q, sets * net.head_hidden);
  return used;
}

}  // namespace torpor::cuda
