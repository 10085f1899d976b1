// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "apps/bench_policies.h"

#include "model/cpu_backend.h"

namespace torpor::apps {

std::vector<BenchPolicy> bench_policies(const ModelFile& model, std::size_t batch) {
  const auto cpu = [&model, batch]() -> Result<std::unique_ptr<Backend>> {
    auto backend = std::make_unique<CpuBackend>();
    TORPOR_CHECK(backend->load(model, batch));
    return std::unique_ptr<Backend>(std::move(backend));
  };
  using Between = BenchPolicy::Between;
  return {{.backend = "cpu", .residency = "exit", .between = Between::nothing, .make = cpu},
          {.backend = "cpu", .residency = "keep", .between = Between::held, .make = cpu}};
}

}  // namespace torpor::apps
