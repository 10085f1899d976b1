// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "features/tokens.h"
#include "model/kernel_math.h"

// The encoder as steps over many independent cells: cell i of a step writes its own results
// and waits for no other. The same text runs as a GPU kernel, one thread a cell (kernels.cu),
// and as a loop on the host, where the tests compare it with the reference kernels.
//
// Every result has the bits of the reference: integer sums are exact in any order, and each
// float is made by the same operations in the same order (kernel_math.h; kernels.cu is built
// without contraction, with IEEE division and square root, denormals kept).
namespace torpor::cuda {

// Where things lie in the image of a model (image.h), in bytes from its begin.
struct LinearAt {
  std::uint32_t weight = 0;      // PackedMatrix order
  std::uint32_t multiplier = 0;  // fp32 [out padded to 16]: in_scale * scale
  std::uint32_t bias = 0;        // fp32 [out padded to 16]; the embeddings have none
  std::uint32_t groups = 0;      // of 4 inputs
  float inverse_in = 0;          // 1 / in_scale
};

struct LayerAt {
  std::uint32_t norm1 = 0;  // fp32 gain [width], then bias [width]
  std::uint32_t norm2 = 0;
  LinearAt qkv, o, ffn1, ffn2;
  float inverse_q = 0, inverse_k = 0, inverse_v = 0;
  float softmax_scale = 0;
  float v_scale = 0;
};

inline constexpr std::uint32_t kMaxCudaLayers = 12;  // check_dims
inline constexpr std::uint32_t kTokenCount = kTokens;
inline constexpr std::uint32_t kBandStride = (kBandInputs + 3) / 4 * 4;
inline constexpr std::uint32_t kGlobalStride = (kGlobalInputs + 3) / 4 * 4;

// A token set as floats: the bands one after another, then the global token.
inline constexpr std::uint32_t kSetFloats = kBands * kBandInputs + kGlobalInputs;
static_assert(sizeof(TokenSet) == kSetFloats * sizeof(float) &&
              offsetof(TokenSet, global) == kBands * kBandInputs * sizeof(float));

// All a kernel is told; passed by value.
struct Net {
  const std::byte* image = nullptr;
  const float* tokens = nullptr;  // TokenSet [sets], as floats
  float* logits = nullptr;        // [sets]
  std::uint32_t sets = 0;
  std::uint32_t width = 0, heads = 0, ffn = 0, head_hidden = 0, layers = 0;
  std::uint32_t position = 0;    // fp32 [kTokens][width]
  std::uint32_t final_norm = 0;  // as LayerAt::norm1
  LinearAt embed_band, embed_global, head1, head2;
  LayerAt layer[kMaxCudaLayers];
  // Working memory, rows of all sets one after another.
  std::int8_t* band = nullptr;           // [sets][kBands][kBandStride]
  std::int8_t* global = nullptr;         // [sets][kGlobalStride]
  float* x = nullptr;                    // [sets][kTokens][width], the residual stream
  float* normed = nullptr;               // [sets][kTokens][width], after the final norm
  std::int8_t* a = nullptr;              // [sets][kTokens][width]
  std::int8_t* qkv = nullptr;            // [sets][kTokens][3 width]
  std::int8_t* hidden = nullptr;         // [sets][kTokens][ffn]
  std::int8_t* head = nullptr;           // [sets][2 width]
  std::int8_t* head_hidden_q = nullptr;  // [sets][head_hidden]
};
static_assert(sizeof(Net) <= 4096, "what a kernel may be passed");

enum class KernelStep : std::uint32_t {
#define TORPOR_STEP(name) name,
#include "model/cuda/steps.def"
#undef TORPOR_STEP
};
inline constexpr std::uint32_t kSteps = static_cast<std::uint32_t>(KernelStep::head2) + 1;

TORPOR_EVERYWHERE inline std::uint32_t cells(const Net& net, KernelStep step) {
  const std::uint32_t rows = net.sets * kTokenCount;
  switch (step) {
    case KernelStep::quantize:
      return net.sets * (static_cast<std::uint32_t>(kBands) * kBandStride + kGlobalStride);
    case KernelStep::embed:
    case KernelStep::project:
    case KernelStep::ffn2:
      return rows * net.width;
    case KernelStep::norm_for_qkv:
    case KernelStep::norm_for_ffn:
    case KernelStep::final_norm:
      return rows;
    case KernelStep::qkv:
      return rows * 3 * net.width;
    case KernelStep::attention:
      return rows * net.heads;
    case KernelStep::ffn1:
      return rows * net.ffn;
    case KernelStep::pool:
      return net.sets * net.width;
    case KernelStep::head1:
      return net.sets * net.head_hidden;
    case KernelStep::head2:
      return net.sets;
  }
  return 0;
}

namespace {

TORPOR_EVERYWHERE inline const float* floats(const Net& net, std::uint32_t at) {
  return reinterpret_cast<const float*>(net.image + at);
}

// Four products at once, where the machine has them.
TORPOR_EVERYWHERE inline std::int32_t dot4(std::int32_t a, std::int32_t b, std::int32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp4a(a, b, sum);
#else
  for (int i = 0; i < 4; ++i)
    sum += static_cast<std::int8_t>(a >> (8 * i)) * static_cast<std::int8_t>(b >> (8 * i));
  return sum;
#endif
}

// Output o of a linear layer over one row, whose length is a multiple of 4 and aligned to it.
TORPOR_EVERYWHERE inline std::int32_t dot(const Net& net, const LinearAt& linear, const std::int8_t* row,
                                          std::uint32_t o) {
  const auto* w = reinterpret_cast<const std::int32_t*>(net.image + linear.weight) +
                  16 * (o / 16 * linear.groups) + o % 16;
  const auto* a = reinterpret_cast<const std::int32_t*>(row);
  std::int32_t sum = 0;
  for (std::uint32_t g = 0; g < linear.groups; ++g) sum = dot4(a[g], w[16 * g], sum);
  return sum;
}

TORPOR_EVERYWHERE inline float affine(const Net& net, const LinearAt& linear, std::int32_t acc,
                                      std::uint32_t o, const float* add) {
  return static_cast<float>(acc) * floats(net, linear.multiplier)[o] + add[o];
}

TORPOR_EVERYWHERE inline std::int8_t to_int8(float value, float inverse_scale) {
  return static_cast<std::int8_t>(quantized(value, inverse_scale));
}

// Sixteen strided partials, then the fixed tree.
TORPOR_EVERYWHERE inline float tree(float (&partial)[16]) {
  for (std::uint32_t distance = 8; distance > 0; distance /= 2)
    for (std::uint32_t i = 0; i < distance; ++i) partial[i] = partial[i] + partial[i + distance];
  return partial[0];
}

// What a row is normalised with.
struct Moments {
  float mean;
  float inverse;
};
TORPOR_EVERYWHERE inline Moments moments(const float* x, std::uint32_t n) {
  float partial[16] = {};
  for (std::uint32_t i = 0; i < n; i += 16)
    for (std::uint32_t k = 0; k < 16; ++k) partial[k] = partial[k] + x[i + k];
  const float mean = tree(partial) / static_cast<float>(n);
  float squares[16] = {};
  for (std::uint32_t i = 0; i < n; i += 16)
    for (std::uint32_t k = 0; k < 16; ++k) {
      const float d = x[i + k] - mean;
      squares[k] = squares[k] + d * d;
    }
  return {mean, 1.0f / sqrtf(tree(squares) / static_cast<float>(n) + kKernelNormEpsilon)};
}

TORPOR_EVERYWHERE inline float normed(const Net& net, const float* x, const Moments& m, std::uint32_t norm,
                                      std::uint32_t i) {
  const float* gain = floats(net, norm);
  return ((x[i] - m.mean) * m.inverse) * gain[i] + gain[net.width + i];
}

TORPOR_EVERYWHERE inline void norm_requantize(const Net& net, std::uint32_t norm, float inverse_in,
                                              std::uint32_t row) {
  const float* x = net.x + row * net.width;
  const Moments m = moments(x, net.width);
  for (std::uint32_t i = 0; i < net.width; ++i)
    net.a[row * net.width + i] = to_int8(normed(net, x, m, norm, i), inverse_in);
}

TORPOR_EVERYWHERE inline void quantize_cell(const Net& net, std::uint32_t i) {
  constexpr std::uint32_t kPerSet = static_cast<std::uint32_t>(kBands) * kBandStride + kGlobalStride;
  const std::uint32_t set = i / kPerSet;
  const std::uint32_t at = i % kPerSet;
  const float* tokens = net.tokens + set * kSetFloats;
  if (at < kGlobalStride) {
    const float* from = tokens + static_cast<std::uint32_t>(kBands * kBandInputs);
    net.global[set * kGlobalStride + at] =
        at < kGlobalInputs ? to_int8(from[at], net.embed_global.inverse_in) : std::int8_t{0};
  } else {
    const std::uint32_t band = (at - kGlobalStride) / kBandStride;
    const std::uint32_t n = (at - kGlobalStride) % kBandStride;
    const float* from = tokens + band * static_cast<std::uint32_t>(kBandInputs);
    net.band[(set * static_cast<std::uint32_t>(kBands) + band) * kBandStride + n] =
        n < kBandInputs ? to_int8(from[n], net.embed_band.inverse_in) : std::int8_t{0};
  }
}

TORPOR_EVERYWHERE inline void embed_cell(const Net& net, std::uint32_t i) {
  const std::uint32_t row = i / net.width;
  const std::uint32_t o = i % net.width;
  const std::uint32_t set = row / kTokenCount;
  const std::uint32_t token = row % kTokenCount;
  const float* position = floats(net, net.position) + token * net.width;
  if (token == 0) {
    const std::int32_t acc = dot(net, net.embed_global, net.global + set * kGlobalStride, o);
    net.x[i] = affine(net, net.embed_global, acc, o, position);
  } else {
    const std::uint32_t band = set * static_cast<std::uint32_t>(kBands) + token - 1;
    const std::int32_t acc = dot(net, net.embed_band, net.band + band * kBandStride, o);
    net.x[i] = affine(net, net.embed_band, acc, o, position);
  }
}

TORPOR_EVERYWHERE inline void qkv_cell(const Net& net, const LayerAt& layer, std::uint32_t i) {
  const std::uint32_t row = i / (3 * net.width);
  const std::uint32_t o = i % (3 * net.width);
  const std::uint32_t part = o / net.width;
  const float inverse = part == 0 ? layer.inverse_q : part == 1 ? layer.inverse_k : layer.inverse_v;
  const std::int32_t acc = dot(net, layer.qkv, net.a + row * net.width, o);
  net.qkv[i] = to_int8(affine(net, layer.qkv, acc, o, floats(net, layer.qkv.bias)), inverse);
}

// One head of one token: scores over all keys of its set, softmax, and the mixed values.
TORPOR_EVERYWHERE inline void attention_cell(const Net& net, const LayerAt& layer, std::uint32_t i) {
  const std::uint32_t row = i / net.heads;
  const std::uint32_t head = i % net.heads;
  const std::uint32_t size = net.width / net.heads;
  const std::uint32_t first = row / kTokenCount * kTokenCount;  // of the set
  const auto* q = reinterpret_cast<const std::int32_t*>(net.qkv + 3 * row * net.width + head * size);
  std::int32_t score[kTokenCount];
  std::int32_t max = INT32_MIN;
  for (std::uint32_t t = 0; t < kTokenCount; ++t) {
    const auto* k =
        reinterpret_cast<const std::int32_t*>(net.qkv + (3 * (first + t) + 1) * net.width + head * size);
    std::int32_t sum = 0;
    for (std::uint32_t g = 0; g < size / 4; ++g) sum = dot4(q[g], k[g], sum);
    score[t] = sum;
    max = sum > max ? sum : max;
  }
  std::int32_t total = 0;
  for (std::uint32_t t = 0; t < kTokenCount; ++t) {
    score[t] = quantized(exp_nonpositive(static_cast<float>(score[t] - max) * layer.softmax_scale), 127.0f);
    total += score[t];
  }
  const float factor = layer.v_scale / static_cast<float>(total);
  for (std::uint32_t c = 0; c < size; ++c) {
    std::int32_t sum = 0;
    for (std::uint32_t t = 0; t < kTokenCount; ++t)
      sum += score[t] * net.qkv[(3 * (first + t) + 2) * net.width + head * size + c];
    net.a[row * net.width + head * size + c] = to_int8(static_cast<float>(sum) * factor, layer.o.inverse_in);
  }
}

TORPOR_EVERYWHERE inline void residual_cell(const Net& net, const LinearAt& linear, const std::int8_t* rows,
                                            std::uint32_t stride, std::uint32_t i) {
  const std::uint32_t o = i % net.width;
  const std::int32_t acc = dot(net, linear, rows + i / net.width * stride, o);
  net.x[i] = net.x[i] + affine(net, linear, acc, o, floats(net, linear.bias));
}

TORPOR_EVERYWHERE inline void ffn1_cell(const Net& net, const LayerAt& layer, std::uint32_t i) {
  const std::uint32_t row = i / net.ffn;
  const std::uint32_t o = i % net.ffn;
  const std::int32_t acc = dot(net, layer.ffn1, net.a + row * net.width, o);
  net.hidden[i] =
      to_int8(gelu(affine(net, layer.ffn1, acc, o, floats(net, layer.ffn1.bias))), layer.ffn2.inverse_in);
}

TORPOR_EVERYWHERE inline void final_norm_cell(const Net& net, std::uint32_t row) {
  const float* x = net.x + row * net.width;
  const Moments m = moments(x, net.width);
  for (std::uint32_t i = 0; i < net.width; ++i)
    net.normed[row * net.width + i] = normed(net, x, m, net.final_norm, i);
}

// Column c of the head's input: the global token, and the mean over the bands.
TORPOR_EVERYWHERE inline void pool_cell(const Net& net, std::uint32_t i) {
  const std::uint32_t set = i / net.width;
  const std::uint32_t c = i % net.width;
  const float* rows = net.normed + set * kTokenCount * net.width + c;
  float partial[16] = {};
  for (std::uint32_t b = 0; b < kBands; ++b) partial[b % 16] = partial[b % 16] + rows[(1 + b) * net.width];
  const float mean = tree(partial) * (1.0f / float{kBands});
  std::int8_t* to = net.head + set * 2 * net.width;
  to[c] = to_int8(rows[0], net.head1.inverse_in);
  to[net.width + c] = to_int8(mean, net.head1.inverse_in);
}

TORPOR_EVERYWHERE inline void head1_cell(const Net& net, std::uint32_t i) {
  const std::uint32_t set = i / net.head_hidden;
  const std::uint32_t o = i % net.head_hidden;
  const std::int32_t acc = dot(net, net.head1, net.head + set * 2 * net.width, o);
  net.head_hidden_q[i] =
      to_int8(gelu(affine(net, net.head1, acc, o, floats(net, net.head1.bias))), net.head2.inverse_in);
}

TORPOR_EVERYWHERE inline void head2_cell(const Net& net, std::uint32_t set) {
  const std::int32_t acc = dot(net, net.head2, net.head_hidden_q + set * net.head_hidden, 0);
  net.logits[set] = affine(net, net.head2, acc, 0, floats(net, net.head2.bias));
}

TORPOR_EVERYWHERE inline void run_cell(const Net& net, KernelStep step, std::uint32_t layer,
                                       std::uint32_t i) {
  const LayerAt& at = net.layer[layer];
  switch (step) {
    case KernelStep::quantize:
      return quantize_cell(net, i);
    case KernelStep::embed:
      return embed_cell(net, i);
    case KernelStep::norm_for_qkv:
      return norm_requantize(net, at.norm1, at.qkv.inverse_in, i);
    case KernelStep::qkv:
      return qkv_cell(net, at, i);
    case KernelStep::attention:
      return attention_cell(net, at, i);
    case KernelStep::project:
      return residual_cell(net, at.o, net.a, net.width, i);
    case KernelStep::norm_for_ffn:
      return norm_requantize(net, at.norm2, at.ffn1.inverse_in, i);
    case KernelStep::ffn1:
      return ffn1_cell(net, at, i);
    case KernelStep::ffn2:
      return residual_cell(net, at.ffn2, net.hidden, net.ffn, i);
    case KernelStep::final_norm:
      return final_norm_cell(net, i);
    case KernelStep::pool:
      return pool_cell(net, i);
    case KernelStep::head1:
      return head1_cell(net, i);
    case KernelStep::head2:
      return head2_cell(net, i);
  }
}

}  // namespace
}  // namespace torpor::cuda
