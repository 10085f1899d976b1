// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/fake/models.h"

#include <cmath>
#include <cstdlib>

namespace torpor {
namespace {

void fill(SeededNumbers& numbers, std::vector<float>& values, float low, float high) {
  for (float& v : values) v = numbers.uniform(low, high);
}

void fill(SeededNumbers& numbers, FloatLinear& linear) {
  const float limit = std::sqrt(3.0f / static_cast<float>(linear.in));
  fill(numbers, linear.weight, -limit, limit);
  fill(numbers, linear.bias, -0.1f, 0.1f);
}

void fill(SeededNumbers& numbers, FloatNorm& norm) {
  fill(numbers, norm.gain, 0.8f, 1.2f);
  fill(numbers, norm.bias, -0.2f, 0.2f);
}

template <class T>
T must(Result<T> result) {
  if (!result) std::abort();
  return *std::move(result);
}

}  // namespace

float SeededNumbers::uniform(float low, float high) {
  return low + (high - low) * (static_cast<float>(next() >> 40) * (1.0f / 16777216.0f));
}

FloatModel random_float_model(std::uint64_t seed, const ModelDims& dims) {
  SeededNumbers numbers(seed);
  FloatModel model = make_float_model(dims);
  fill(numbers, model.embed_band);
  fill(numbers, model.embed_global);
  fill(numbers, model.position, -0.5f, 0.5f);
  for (FloatLayer& layer : model.layer) {
    fill(numbers, layer.norm1);
    fill(numbers, layer.qkv);
    fill(numbers, layer.o);
    fill(numbers, layer.norm2);
    fill(numbers, layer.ffn1);
    fill(numbers, layer.ffn2);
  }
  fill(numbers, model.final_norm);
  fill(numbers, model.head1);
  fill(numbers, model.head2);
  for (LayerRanges& r : model.ranges.layer) r = {3.5f, 4.0f, 4.0f, 4.0f, 2.5f, 3.5f, 3.5f};
  model.ranges.band_in = 8.0f;
  model.ranges.global_in = 8.0f;
  model.ranges.head_in = 3.0f;
  model.ranges.head_hidden = 3.0f;
  return model;
}

QuantModel random_model(std::uint64_t seed, const ModelDims& dims) {
  return must(quantize(random_float_model(seed, dims)));
}

std::unique_ptr<ModelFile> random_model_file(std::uint64_t seed, const ModelDims& dims) {
  const auto bytes = must(encode_model_file(random_model(seed, dims), "a model for tests\n"));
  return must(ModelFile::from_bytes(bytes, "random model", {}));
}

std::vector<TokenSet> random_tokens(std::uint64_t seed, std::size_t count) {
  SeededNumbers numbers(seed);
  std::vector<TokenSet> sets(count);
  for (TokenSet& set : sets) {
    for (float& v : set.global) v = numbers.uniform(-3, 3);
    for (auto& band : set.band)
      for (float& v : band) v = numbers.uniform(-4, 4);
  }
  return sets;
}

}  // namespace torpor
