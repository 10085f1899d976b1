// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/backend_request.h"
#include "model/cpu/kernels.h"
#include "model/model_file.h"

namespace torpor {

// The encoder on this processor. exact(): the logits are those of the reference kernels,
// whichever table runs, so the table's name is no part of the baseline key.
//
// One token set after another goes through all layers: its activations (some 60 KiB at
// the default dims) stay in the inner caches, and memory does not grow with the batch.
class CpuBackend final : public Backend {
 public:
  CpuBackend() : CpuBackend(*available_kernels().tables[0]) {}
  // A chosen table, for tests and benchmarks.
  explicit CpuBackend(const Kernels& kernels) : kernels_(kernels) {}

  std::string_view name() const override { return "cpu"; }
  bool exact() const override { return true; }
  std::string_view kernels_name() const { return kernels_.name; }

  Status probe() override { return {}; }
  // Errors: none but lack of memory, which ends the process. May be called again.
  Status load(const ModelFile& model, std::size_t max_batch) override;
  // Errors: model_not_loaded, model_batch (too many sets, or not one logit per set).
  // A token that is NaN counts as the lowest value.
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override;
  // The processor holds nothing for us between cycles.
  Status release() override { return {}; }

  // Bytes that load() took.
  std::size_t arena_bytes() const { return arena_bytes_; }

 private:
  // A linear layer with what can be worked out beforehand.
  struct Linear {
    const PackedLinear* packed = nullptr;
    const float* multiplier = nullptr;  // [out padded] in_scale * scale
    float inverse_in = 0;               // 1 / in_scale
  };
  struct Layer {
    const PackedLayer* packed = nullptr;
    Linear qkv, o, ffn1, ffn2;
    float inverse_qkv[3] = {};  // 1 / q, k, v scale
    float softmax_scale = 0;    // of an int32 score: q_scale * k_scale / sqrt(head width)
  };
  // Working memory, all of it in the arena; rows are 64-byte aligned.
  struct Work {
    std::int8_t* band = nullptr;    // [kBands][band_stride], zero beyond kBandInputs
    std::int8_t* global = nullptr;  // [64], zero beyond kGlobalInputs
    float* x = nullptr;             // [kTokens][width], the residual stream
    std::int8_t* a = nullptr;       // [kTokens][width]
    std::int8_t* qkv = nullptr;     // [kTokens][3 width]
    std::int8_t* hidden = nullptr;  // [kTokens][ffn]
    std::int32_t* acc = nullptr;    // [kTokens][the widest output]
    std::int8_t* k = nullptr;       // per head, keys packed as weights (PackedMatrix)
    std::int8_t* v = nullptr;       // per head, values packed as weights
    std::int32_t* scores = nullptr;
    std::int8_t* p = nullptr;  // [kTokens][key_stride]
    std::int32_t* p_sum = nullptr;
    float* pooled = nullptr;   // [2 width]
    float* partial = nullptr;  // [16][width]
    float* row = nullptr;      // [width]
    std::int8_t* head = nullptr;
    std::int8_t* head_hidden = nullptr;
  };

  class Planner;
  void plan(Planner& planner);
  float forward(const TokenSet& tokens);
  void embed(const TokenSet& tokens);
  void attention(const Layer& layer);
  void pack_keys_and_values();
  void mix(const Layer& layer, std::size_t head);
  void feed_forward(const Layer& layer);
  void pool();
  void gemm(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const Linear& linear);

  const Kernels& kernels_;
  const ModelFile* model_ = nullptr;
  std::size_t max_batch_ = 0;
  std::size_t acc_stride_ = 0;
  std::size_t arena_bytes_ = 0;
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte, Free> arena_;
  Work work_;
  Linear embed_band_, embed_global_, head1_, head2_;
  std::vector<Layer> layers_;
};

Result<std::unique_ptr<Backend>> make_cpu_backend(const BackendRequest& request);

}  // namespace torpor
