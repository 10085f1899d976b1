// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// One cycle's batch on the GPU beside the CPU: cold as in service (wake, load, infer, give
// back), and warm, which no contract allows and which shows what the waking costs.
#include <benchmark/benchmark.h>

#include <chrono>

#include "base/posix/posix_clock.h"
#include "model/cpu/cpu_backend.h"
#include "model/cuda/cuda_backend.h"
#include "model/fake/models.h"

namespace torpor {
namespace {

constexpr std::size_t kBatch = 30;  // 5 s of three axes
const PosixClock kClock = PosixClock::unscaled();

double milliseconds(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

void measure(benchmark::State& state, Backend& backend, bool cold) {
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, kBatch);
  std::vector<float> logits(kBatch);
  Status status = backend.probe();
  if (status) status = backend.load(*model, kBatch);
  if (status) status = backend.run(sets, logits);
  BackendTimes sum;
  for (auto _ : state) {
    if (status && cold) status = backend.release();
    if (status) status = backend.run(sets, logits);
    if (!status) {
      state.SkipWithError(std::string(one_line(status.error()).view()).c_str());
      break;
    }
    const BackendTimes times = backend.times();
    sum.init += times.init, sum.load += times.load, sum.infer += times.infer;
  }
  const auto mean = benchmark::Counter::kAvgIterations;
  state.counters["init_ms"] = {milliseconds(sum.init), mean};
  state.counters["load_ms"] = {milliseconds(sum.load), mean};
  state.counters["infer_ms"] = {milliseconds(sum.infer), mean};
  if (const Status released = backend.release(); !released && status)
    state.SkipWithError(std::string(one_line(released.error()).view()).c_str());
}

void cpu(benchmark::State& state) {
  CpuBackend backend;
  measure(state, backend, false);
}
void cuda_warm(benchmark::State& state) {
  cuda::CudaBackend backend(kClock);
  measure(state, backend, false);
}
void cuda_cold(benchmark::State& state) {
  cuda::CudaBackend backend(kClock);
  measure(state, backend, true);
}
BENCHMARK(cpu)->Unit(benchmark::kMillisecond);
BENCHMARK(cuda_warm)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(cuda_cold)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);

}  // namespace
}  // namespace torpor
