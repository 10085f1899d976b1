// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exact/random.h"
#include "model/model_file.h"
#include "model/quant_model.h"

// Models and inputs made of a seed: the same bits on every host (no library distribution,
// no libm), so that results can be compared with committed ones.
namespace torpor {

class SeededNumbers {
 public:
  explicit SeededNumbers(std::uint64_t seed) : random_(seed) {}
  std::uint64_t next() { return random_.next(); }
  float uniform(float low, float high);  // 24 random bits
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(next() % n); }

 private:
  det::SplitMix64 random_;
};

// Weights uniform with variance 1/in, everything of order one, plausible ranges.
FloatModel random_float_model(std::uint64_t seed, const ModelDims& dims = {});
QuantModel random_model(std::uint64_t seed, const ModelDims& dims = {});
// The same as an opened model file.
std::unique_ptr<ModelFile> random_model_file(std::uint64_t seed, const ModelDims& dims = {});

std::vector<TokenSet> random_tokens(std::uint64_t seed, std::size_t count);

}  // namespace torpor
