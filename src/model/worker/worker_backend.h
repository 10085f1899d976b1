// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "model/backend.h"
#include "model/worker/worker_arguments.h"
#include "model/worker/worker_process.h"
#include "model/worker/worker_protocol.h"

namespace torpor {

// Runs another backend in a process of its own, so that this one never maps a compute
// library and nothing survives an inference that this one could forget. run() starts the
// process (or asks the one that waits), sends the batch and takes the logits; release()
// takes the teardown's time and, by the policy, waits for the exit. A process that does not
// keep a deadline is killed; the next run() starts another.
//
// Errors of run() and release(): worker_missing, worker_died (with exit code or signal),
// worker_deadline, worker_protocol, worker_stuck, worker_interrupted (SIGTERM or SIGINT came,
// which the caller has blocked), and whatever the backend there says, by its own reason.
// No heap after load(). No thread, no timer: between cycles nothing of this runs.
class WorkerBackend final : public Backend {
 public:
  struct Setup {
    std::string program;     // torpor-infer
    std::string backend;     // of backends.def: name(), and part of the baseline key
    std::string model_path;  // opened again by the worker, against the digest of load()'s model
    WorkerPolicy policy = WorkerPolicy::exit;
    Duration infer_deadline{};  // real time, from run() to the logits
    Duration release_deadline{};
  };
  // `real` is unscaled and outlives this.
  WorkerBackend(Setup setup, const Clock& real) : setup_(std::move(setup)), real_(real), process_(real) {}

  std::string_view name() const override { return setup_.backend; }
  bool exact() const override;
  // Wakes nothing, and so says nothing of the device: its absence shows in run().
  Status probe() override { return {}; }
  Status load(const ModelFile& model, std::size_t max_batch) override;
  Status run(std::span<const TokenSet> batch, std::span<float> logits) override;
  Status release() override;
  BackendTimes times() const override { return times_; }

 private:
  enum class State : std::uint8_t { not_loaded, ready, to_release, to_exit };
  Status ask(std::span<const TokenSet> batch, BootTime asked, BootTime deadline);
  Status hear(std::span<float> logits, BootTime deadline);
  Error hear_failure(BootTime deadline);
  Status hear_released(BootTime deadline);
  Error broken(Error error);

  Setup setup_;
  const Clock& real_;
  WorkerProcess process_;
  State state_ = State::not_loaded;
  std::size_t max_batch_ = 0;
  BackendTimes times_;
};

}  // namespace torpor
