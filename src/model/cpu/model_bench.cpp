// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The encoder, a batch of 30 token sets (a 5 s window of three axes), on each kernel path;
// and beside a yardstick in the same run, turn by turn, so that a busy machine slows both.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"
#include "yardstick/yardstick.h"

namespace torpor {
namespace {

constexpr std::size_t kBatch = 30;

void encode(benchmark::State& state, const Kernels& kernels) {
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, kBatch);
  std::vector<float> logits(kBatch);
  CpuBackend backend(kernels);
  if (!backend.load(*model, kBatch)) return state.SkipWithError("load");
  for (auto _ : state) {
    if (!backend.run(sets, logits)) return state.SkipWithError("run");
    benchmark::DoNotOptimize(logits.data());
  }
}

void beside_peer(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, kBatch);
  std::vector<float> logits(kBatch);
  CpuBackend backend;
  if (!backend.load(*model, kBatch)) return state.SkipWithError("load");
  const std::unique_ptr<Yardstick> yardstick = make_yardstick(ModelDims{}, kBatch);
  state.SetLabel(std::string(backend.kernels_name()) + " beside " + yardstick->name());
  double ours = 1e9;
  double theirs = 1e9;
  for (auto _ : state) {
    const auto start = Clock::now();
    if (!backend.run(sets, logits)) return state.SkipWithError("run");
    const auto middle = Clock::now();
    yardstick->run();
    const auto end = Clock::now();
    ours = std::min(ours, std::chrono::duration<double, std::milli>(middle - start).count());
    theirs = std::min(theirs, std::chrono::duration<double, std::milli>(end - middle).count());
  }
  state.counters["ours_ms"] = ours;
  state.counters["peer_ms"] = theirs;
  state.counters["peer_over_ours"] = theirs / ours;
}

void open_model(benchmark::State& state) {
  const auto bytes = encode_model_file(random_model(1), "card");
  if (!bytes) return state.SkipWithError("encode");
  for (auto _ : state) {
    const auto file = ModelFile::from_bytes(*bytes, "bench", {});
    benchmark::DoNotOptimize(file.ok());
  }
}

const bool kRegistered = [] {
  const KernelList list = available_kernels();
  for (std::size_t i = 0; i < list.count; ++i)
    benchmark::RegisterBenchmark((std::string("encode/") + list.tables[i]->name).c_str(), encode,
                                 *list.tables[i])
        ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("encode/beside_peer", beside_peer)->Unit(benchmark::kMillisecond)->MinTime(2);
  benchmark::RegisterBenchmark("open_model", open_model)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace torpor
