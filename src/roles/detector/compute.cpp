// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/detector/compute.h"

#include <unistd.h>

#include "base/assertion.h"
#include "model/backends/backends.h"
#include "model/cpu/cpu_backend.h"
#include "model/worker/worker_backend.h"
#include "power/device_residency.h"

namespace torpor {

Result<Compute> Compute::make(const Parts& parts, const Contract& contract, const BackendChoice& choice,
                              const OpenedModel& opened, const Stored& stored) {
  const PowerTerms& power = contract.terms().power;
  const std::size_t batch = Appraiser::batch_size(contract, 0);
  const auto judge_of = [&](Backend& scores) {
    return Appraiser::make(contract, 0, {scores, parts.files}, stored.place, stored.newest);
  };
  Compute made;
  if (choice.worker.empty()) {
    made.backend = std::make_unique<CpuBackend>();
  } else {
    // One that is not there is reported by each cycle; one that others may write is not run.
    const auto safe = parts.files.owned_facts(choice.worker, stored.place.service_uid);
    if (!safe && safe.error().reason != Reason::file_missing) return safe.error();
    made.backend = std::make_unique<WorkerBackend>(
        WorkerBackend::Setup{
            .program = choice.worker,
            .backend = std::string(choice.name.view()),
            .model_path = opened.path,
            .policy = power.residency == Residency::exit ? WorkerPolicy::exit : WorkerPolicy::context,
            .infer_deadline = std::chrono::milliseconds(power.infer_deadline_ms),
            .release_deadline = std::chrono::milliseconds(power.release_deadline_ms)},
        parts.real);
  }
  TORPOR_CHECK(made.backend->load(opened.model, batch));
  TORPOR_TRY(made.appraiser, judge_of(*made.backend));
  if (choice.cpu_fallback) {
    made.fallback_backend = std::make_unique<CpuBackend>();
    TORPOR_CHECK(made.fallback_backend->load(opened.model, batch));
    TORPOR_TRY(made.fallback, judge_of(*made.fallback_backend));
  }
  const BackendFacts* facts = find_backend(choice.name.view());
  TORPOR_ASSERT(facts != nullptr, "compute.the_site_names_a_backend_there_is");
  if (!facts->holds_device) {
    made.residency = std::make_unique<CpuResidency>();
  } else {
    made.residency = std::make_unique<DeviceResidency>(
        parts.tree, [&meter = parts.meter] { return meter.rail_mw(); }, power.idle_mw);
  }
  TORPOR_ASSERT(made.backend && made.appraiser && made.residency, "roles.compute_is_whole_or_an_error");
  return made;
}

}  // namespace torpor
