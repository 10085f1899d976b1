// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/compute.h"

#include <unistd.h>

#include "model/cpu/cpu_backend.h"
#include "model/worker/worker_backend.h"
#include "power/device_residency.h"

namespace torpor::apps {

Result<Compute> Compute::make(const Contract& contract, const BackendChoice& choice, const Given& given,
                              PosixFiles& files, const Clock& real, SystemTree& tree, EnergyMeter& meter) {
  const PowerTerms& power = contract.terms().power;
  const std::size_t batch = Appraiser::batch_size(contract, 0);
  const auto uid = static_cast<std::uint32_t>(::getuid());
  const auto judge_of = [&](Backend& scores) {
    return Appraiser::make(contract, 0, {scores, files}, {given.state, uid});
  };
  Compute made;
  if (choice.worker.empty()) {
    made.backend = std::make_unique<CpuBackend>();
  } else {
    // One that is not there is reported by each cycle; one that others may write is not run.
    const Status safe = check_owner_and_mode(files, choice.worker, uid);
    if (!safe && safe.error().reason != Reason::file_missing) return safe.error();
    made.backend = std::make_unique<WorkerBackend>(
        WorkerBackend::Setup{
            .program = choice.worker,
            .backend = std::string(choice.name.view()),
            .model_path = given.model_path,
            .policy = power.residency == Residency::exit ? WorkerPolicy::exit : WorkerPolicy::context,
            .infer_deadline = std::chrono::milliseconds(power.infer_deadline_ms),
            .release_deadline = std::chrono::milliseconds(power.release_deadline_ms)},
        real);
  }
  TORPOR_CHECK(made.backend->load(given.model, batch));
  TORPOR_TRY(made.appraiser, judge_of(*made.backend));
  if (choice.cpu_fallback) {
    made.fallback_backend = std::make_unique<CpuBackend>();
    TORPOR_CHECK(made.fallback_backend->load(given.model, batch));
    TORPOR_TRY(made.fallback, judge_of(*made.fallback_backend));
  }
  if (choice.name.view() == "cpu") {
    made.residency = std::make_unique<CpuResidency>();
  } else {
    made.residency = std::make_unique<DeviceResidency>(
        tree, [&meter] { return meter.rail_mw(); }, power.idle_mw);
  }
  return made;
}

}  // namespace torpor::apps
