// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cpu/cpu_backend.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "model/model_layout.h"

namespace torpor {
namespace {

// 33 tokens are no multiple of 16 or 4: keys and weights over tokens are padded, with zeros.
constexpr std::size_t kKeyBlocks = (kTokens + 15) / 16;
constexpr std::size_t kKeyStride = 16 * kKeyBlocks;    // a row of scores or weights over tokens
constexpr std::size_t kKeyGroups = (kTokens + 3) / 4;  // a row of weights as a gemm operand
constexpr std::size_t kBandStride = (kBandInputs + 63) / 64 * 64;
constexpr std::size_t kGlobalStride = (kGlobalInputs + 63) / 64 * 64;

}  // namespace

void CpuBackend::Free::operator()(std::byte* memory) const {
  ::operator delete (memory, std::align_val_t{64});
}

// One list of calls, so that what is counted and what is placed cannot differ.
// Run twice with the same calls: first it only counts, then it hands out.
class CpuBackend::Planner {
 public:
  explicit Planner(std::byte* base) : base_(base) {}
  template <class T>
  T* take(std::size_t count) {
    T* at = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    // Each array begins on a cache line of its own: kernels load 64 bytes aligned.
    used_ += aligned_up(count * sizeof(T));
    return at;
  }
  Linear linear(const PackedLinear& packed) {
    const std::size_t padded = std::size_t{16} * packed.matrix.blocks();
    float* multiplier = take<float>(padded);
    // Once, here: the product of the scales is rounded before any kernel sees it, on every backend
    // alike.
    if (base_ != nullptr)
      for (std::size_t o = 0; o < padded; ++o) multiplier[o] = packed.in_scale * packed.scale[o];
    return {&packed, multiplier, 1.0f / packed.in_scale};
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

void CpuBackend::plan(Planner& planner) {
  const ModelDims& dims = model_->dims();
  const std::size_t d = dims.width;
  // One row serves every product in turn, so it is as long as the longest.
  acc_stride_ = std::max({3 * d, std::size_t{dims.ffn}, std::size_t{dims.head_hidden}});
  work_.band = planner.take<std::int8_t>(kBands * kBandStride);
  work_.global = planner.take<std::int8_t>(kGlobalStride);
  work_.x = planner.take<float>(kTokens * d);
  work_.a = planner.take<std::int8_t>(kTokens * d);
  work_.qkv = planner.take<std::int8_t>(kTokens * 3 * d);
  work_.hidden = planner.take<std::int8_t>(kTokens * dims.ffn);
  work_.acc = planner.take<std::int32_t>(kTokens * acc_stride_);
  work_.k = planner.take<std::int8_t>(kKeyStride * d);
  work_.v = planner.take<std::int8_t>(4 * kKeyGroups * d);
  work_.scores = planner.take<std::int32_t>(kTokens * kKeyStride);
  work_.p = planner.take<std::int8_t>(kTokens * kKeyStride);
  work_.p_sum = planner.take<std::int32_t>(kTokens);
  work_.pooled = planner.take<float>(2 * d);
  work_.partial = planner.take<float>(16 * d);
  work_.row = planner.take<float>(d);
  work_.head = planner.take<std::int8_t>(2 * d);
  work_.head_hidden = planner.take<std::int8_t>(dims.head_hidden);
  embed_band_ = planner.linear(model_->embed_band());
  embed_global_ = planner.linear(model_->embed_global());
  // load() may be called again with another model.
  layers_.clear();
  for (const PackedLayer& packed : model_->layers()) {
    Layer layer;
    layer.packed = &packed;
    layer.qkv = planner.linear(packed.qkv);
    layer.o = planner.linear(packed.o);
    layer.ffn1 = planner.linear(packed.ffn1);
    layer.ffn2 = planner.linear(packed.ffn2);
    layer.inverse_qkv[0] = 1.0f / packed.q_scale;
    layer.inverse_qkv[1] = 1.0f / packed.k_scale;
    layer.inverse_qkv[2] = 1.0f / packed.v_scale;
    // 1 / sqrt(D) rides on the scale: one product per score.
    layer.softmax_scale = (packed.q_scale * packed.k_scale) / std::sqrt(static_cast<float>(d / dims.heads));
    layers_.push_back(layer);
  }
  head1_ = planner.linear(model_->head1());
  head2_ = planner.linear(model_->head2());
}

Status CpuBackend::load(const ModelFile& model, std::size_t max_batch) {
  model_ = &model;
  max_batch_ = max_batch;
  Planner count(nullptr);
  plan(count);
  arena_bytes_ = count.used();
  arena_.reset(static_cast<std::byte*>(::operator new (arena_bytes_, std::align_val_t{64})));
  // Padding is zeroed here once and never written.
  std::memset(arena_.get(), 0, arena_bytes_);
  Planner place(arena_.get());
  plan(place);
  return {};
}

Status CpuBackend::run(std::span<const TokenSet> batch, std::span<float> logits) {
  if (model_ == nullptr) return Error{Reason::model_not_loaded, "cpu backend"};
  TORPOR_CHECK(check_batch("cpu backend", batch.size(), logits.size(), max_batch_));
  for (std::size_t i = 0; i < batch.size(); ++i) logits[i] = forward(batch[i]);
  return {};
}

float CpuBackend::forward(const TokenSet& tokens) {
  embed(tokens);
  for (const Layer& layer : layers_) {
    attention(layer);
    feed_forward(layer);
  }
  pool();
  // pool() has filled both halves: the global token's, then the mean over bands.
  const std::size_t d = model_->dims().width;
  const std::size_t hidden = model_->dims().head_hidden;
  kernels_.quantize(work_.pooled, 2 * d, head1_.inverse_in, work_.head);
  gemm(work_.head, 2 * d, 1, head1_);
  kernels_.gelu_requantize(work_.acc, head1_.multiplier, head1_.packed->bias, hidden, head2_.inverse_in,
                           work_.head_hidden);
  gemm(work_.head_hidden, hidden, 1, head2_);
  // Sixteen, because kernels have no tail: output 0 is the logit, the others are padding.
  kernels_.dequantize(work_.acc, head2_.multiplier, head2_.packed->bias, 16, work_.row);
  return work_.row[0];
}

// Into acc, acc_stride_ a row.
void CpuBackend::gemm(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const Linear& linear) {
  const PackedMatrix& w = linear.packed->matrix;
  kernels_.gemm(a, a_stride, rows, w.data, w.blocks(), w.groups(), work_.acc, acc_stride_);
}

void CpuBackend::embed(const TokenSet& tokens) {
  const std::size_t d = model_->dims().width;
  const float* position = model_->position();
  // Fewer numbers than a stride holds: the rest is zero since load().
  kernels_.quantize(tokens.global.data(), kGlobalInputs, embed_global_.inverse_in, work_.global);
  gemm(work_.global, kGlobalStride, 1, embed_global_);
  // position holds the embeddings' biases (quantize()), so it is added in their place.
  kernels_.dequantize(work_.acc, embed_global_.multiplier, position, d, work_.x);
  for (std::size_t b = 0; b < kBands; ++b)
    kernels_.quantize(tokens.band[b].data(), kBandInputs, embed_band_.inverse_in,
                      work_.band + b * kBandStride);
  gemm(work_.band, kBandStride, kBands, embed_band_);
  for (std::size_t b = 0; b < kBands; ++b)
    kernels_.dequantize(work_.acc + b * acc_stride_, embed_band_.multiplier, position + (1 + b) * d, d,
                        work_.x + (1 + b) * d);
}

void CpuBackend::attention(const Layer& layer) {
  const std::size_t d = model_->dims().width;
  const PackedLayer& packed = *layer.packed;
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.norm_requantize(work_.x + t * d, packed.norm1.gain, packed.norm1.bias, d, layer.qkv.inverse_in,
                             work_.a + t * d);
  gemm(work_.a, d, kTokens, layer.qkv);
  // Three scales, one for each part: queries, keys and values differ in size.
  for (std::size_t t = 0; t < kTokens; ++t)
    for (std::size_t part = 0; part < 3; ++part)
      kernels_.requantize(work_.acc + t * acc_stride_ + part * d, layer.qkv.multiplier + part * d,
                          packed.qkv.bias + part * d, d, layer.inverse_qkv[part],
                          work_.qkv + (3 * t + part) * d);
  // After all tokens: a head's keys are those of all of them.
  pack_keys_and_values();
  for (std::size_t head = 0; head < model_->dims().heads; ++head) mix(layer, head);
  // work_.a was the norm's output until the product above; mix() has filled it with the heads' output.
  gemm(work_.a, d, kTokens, layer.o);
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.residual(work_.acc + t * acc_stride_, layer.o.multiplier, packed.o.bias, d, work_.x + t * d);
}

// A head's keys are a matrix of kTokens outputs, its values one of kTokens inputs. Heads
// are multiples of 16 wide, so head h starts at key (or value) column h * size.
void CpuBackend::pack_keys_and_values() {
  const std::size_t d = model_->dims().width;
  const std::size_t size = d / model_->dims().heads;
  for (std::size_t t = 0; t < kTokens; ++t) {
    const std::int8_t* k = work_.qkv + (3 * t + 1) * d;
    const std::int8_t* v = k + d;
    for (std::size_t c = 0; c < d; c += 4) {
      const std::size_t head = c / size;
      const std::size_t group = c % size / 4;
      std::memcpy(work_.k + head * kKeyStride * size + 64 * (t / 16 * (size / 4) + group) + 4 * (t % 16),
                  k + c, 4);
    }
    for (std::size_t c = 0; c < d; ++c)
      work_.v[64 * (c / 16 * kKeyGroups + t / 4) + 4 * (c % 16) + t % 4] = v[c];
  }
}

void CpuBackend::mix(const Layer& layer, std::size_t head) {
  const std::size_t d = model_->dims().width;
  const std::size_t size = d / model_->dims().heads;
  kernels_.gemm(work_.qkv + head * size, 3 * d, kTokens, work_.k + head * kKeyStride * size, kKeyBlocks,
                size / 4, work_.scores, kKeyStride);
  // Weights stay unnormalised at 1/127 a step; their sum divides once per token, below.
  for (std::size_t t = 0; t < kTokens; ++t)
    work_.p_sum[t] = kernels_.softmax(work_.scores + t * kKeyStride, kTokens, layer.softmax_scale,
                                      work_.p + t * kKeyStride);
  kernels_.gemm(work_.p, kKeyStride, kTokens, work_.v + head * 4 * kKeyGroups * size, size / 16, kKeyGroups,
                work_.acc, acc_stride_);
  // p_sum is at least 127: the largest weight is 1.
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.scale_requantize(work_.acc + t * acc_stride_,
                              layer.packed->v_scale / static_cast<float>(work_.p_sum[t]), size,
                              layer.o.inverse_in, work_.a + t * d + head * size);
}

void CpuBackend::feed_forward(const Layer& layer) {
  const std::size_t d = model_->dims().width;
  const std::size_t ffn = model_->dims().ffn;
  const PackedLayer& packed = *layer.packed;
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.norm_requantize(work_.x + t * d, packed.norm2.gain, packed.norm2.bias, d, layer.ffn1.inverse_in,
                             work_.a + t * d);
  gemm(work_.a, d, kTokens, layer.ffn1);
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.gelu_requantize(work_.acc + t * acc_stride_, layer.ffn1.multiplier, packed.ffn1.bias, ffn,
                             layer.ffn2.inverse_in, work_.hidden + t * ffn);
  gemm(work_.hidden, ffn, kTokens, layer.ffn2);
  for (std::size_t t = 0; t < kTokens; ++t)
    kernels_.residual(work_.acc + t * acc_stride_, layer.ffn2.multiplier, packed.ffn2.bias, d,
                      work_.x + t * d);
}

// [final norm of the global token | mean over bands of the final norm], the mean as
// sixteen partials (band b to partial b mod 16) and the fixed tree.
// Tree and partials by hand, since the sum runs over tokens and not along a row.
void CpuBackend::pool() {
  const std::size_t d = model_->dims().width;
  const PackedNorm& norm = model_->final_norm();
  kernels_.norm(work_.x, norm.gain, norm.bias, d, work_.pooled);
  std::fill_n(work_.partial, 16 * d, 0.0f);
  for (std::size_t b = 0; b < kBands; ++b) {
    kernels_.norm(work_.x + (1 + b) * d, norm.gain, norm.bias, d, work_.row);
    float* partial = work_.partial + b % 16 * d;
    for (std::size_t c = 0; c < d; ++c) partial[c] = partial[c] + work_.row[c];
  }
  for (std::size_t distance = 8; distance > 0; distance /= 2)
    for (std::size_t i = 0; i < distance * d; ++i)
      work_.partial[i] = work_.partial[i] + work_.partial[i + distance * d];
  for (std::size_t c = 0; c < d; ++c) work_.pooled[d + c] = work_.partial[c] * (1.0f / float{kBands});
}

Result<std::unique_ptr<Backend>> make_cpu_backend(const BackendRequest&) {
  return std::unique_ptr<Backend>(std::make_unique<CpuBackend>());
}

}  // namespace torpor
