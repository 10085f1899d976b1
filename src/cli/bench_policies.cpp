// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/bench_policies.h"

#include "model/backends/backends.h"
#include "model/cpu/cpu_backend.h"
#include "model/worker/worker_backend.h"

namespace torpor {
namespace {

// As long as a first load of a large plan may take; nothing waits for it in service.
constexpr Duration kDeadline = std::chrono::seconds(60);

using Make = std::function<Result<std::unique_ptr<Backend>>()>;

template <class T>
Result<std::unique_ptr<Backend>> loaded(std::unique_ptr<T> backend, const ModelFile& model,
                                        std::size_t batch) {
  TORPOR_CHECK(backend->load(model, batch));
  return std::unique_ptr<Backend>(std::move(backend));
}

}  // namespace

std::vector<BenchPolicy> bench_policies(const BackendChoice& choice, const ModelFile& model,
                                        const std::string& path, std::size_t batch, const Clock& real) {
  using Between = BenchPolicy::Between;
  // Made anew for each policy, not shared: what one leaves in caches of its own must not help the next.
  const Make cpu = [&model, batch] { return loaded(std::make_unique<CpuBackend>(), model, batch); };
  std::vector<BenchPolicy> policies = {
      {.backend = "cpu", .residency = "exit", .between = Between::nothing, .make = cpu},
      {.backend = "cpu", .residency = "keep", .between = Between::held, .make = cpu}};
  // A GPU is driven from a process that ends; without one there is nothing to measure (docs/gpu.md).
  if (choice.worker.empty()) return policies;
  for (const BackendFacts& backend : kBackends) {
    if (!backend.holds_device) continue;
    const auto worker = [&](const char* residency, WorkerPolicy policy, Between between) {
      // Captured whole: the list is walked long after this function has returned.
      const WorkerBackend::Setup setup{.program = choice.worker,
                                       .backend = std::string(backend.name),
                                       .model_path = path,
                                       .policy = policy,
                                       .infer_deadline = kDeadline,
                                       .release_deadline = kDeadline};
      const Make make = [setup, &model, batch, &real] {
        return loaded(std::make_unique<WorkerBackend>(setup, real), model, batch);
      };
      policies.push_back({.backend = std::string(backend.name),
                          .residency = residency,
                          .between = between,
                          .holds_device = true,
                          .make = make});
    };
    // From what leaves least to what keeps most; the table is in this order.
    worker("exit", WorkerPolicy::exit, Between::released);
    worker("context", WorkerPolicy::context, Between::released);
    worker("keep", WorkerPolicy::keep, Between::held);
  }
  return policies;
}

}  // namespace torpor
