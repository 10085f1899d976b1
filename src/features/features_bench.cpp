// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <benchmark/benchmark.h>

#include <vector>

#include "features/tokenizer.h"

namespace torpor {
namespace {

std::vector<std::int16_t> noise(std::size_t n) {
  std::vector<std::int16_t> x(n);
  std::uint32_t state = 1;
  for (auto& v : x) {
    std::int32_t sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) >> 19);
    v = static_cast<std::int16_t>(sum - 16384);
  }
  return x;
}

void extract_half_a_second(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  auto extractor =
      *FeatureExtractor::prepare(static_cast<std::uint32_t>(2000 * n), n, FeatureExtractor::Speed::known);
  const auto x = noise(n);
  const Piece piece{x.data(), n, 1};
  RawFeatures raw;
  for (auto _ : state) benchmark::DoNotOptimize(extractor.extract(std::span(&piece, 1), 0.001f, 29.5f, raw));
}
BENCHMARK(extract_half_a_second)->Arg(800)->Arg(3200)->Arg(6400)->Arg(12800)->Arg(25600);

void prepare_extractor(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(
        FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::known).ok());
}
BENCHMARK(prepare_extractor);

BaselineBuilder learned() {
  auto extractor = *FeatureExtractor::prepare(25'600'000, 12800, FeatureExtractor::Speed::known);
  BaselineBuilder builder(true);
  const auto x = noise(12800 * 20);
  RawFeatures raw;
  for (std::size_t i = 0; i < 20; ++i) {
    const Piece piece{&x[12800 * i], 12800, 1};
    benchmark::DoNotOptimize(extractor.extract(std::span(&piece, 1), 0.001f, 29.5f, raw));
    benchmark::DoNotOptimize(builder.add(raw, 29.5f, raw.weight));
  }
  return builder;
}

void add_to_baseline(benchmark::State& state) {
  BaselineBuilder builder = learned();
  const RawFeatures raw{};
  for (auto _ : state) benchmark::DoNotOptimize(builder.add(raw, 29.5f, 1));
}
BENCHMARK(add_to_baseline);

void finish_baseline(benchmark::State& state) {
  const BaselineBuilder builder = learned();
  for (auto _ : state) benchmark::DoNotOptimize(builder.finish().ok());
}
BENCHMARK(finish_baseline);

void tokenize_half_a_second(benchmark::State& state) {
  const auto baseline = *learned().finish();
  const RawFeatures raw{};
  TokenSet tokens;
  for (auto _ : state) benchmark::DoNotOptimize(tokenize(raw, *baseline, 29.5f, tokens));
}
BENCHMARK(tokenize_half_a_second);

}  // namespace
}  // namespace torpor
