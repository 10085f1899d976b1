// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/float_model.h"
#include "train/episode.h"

namespace torpor::train {

// Seeds of machines never trained on. Training uses (seed << 32) + number, seed < 2^20.
inline constexpr std::uint64_t kValidationSeed = std::uint64_t{1} << 60;
inline constexpr std::uint64_t kMeasureSeed = std::uint64_t{1} << 61;

struct TrainOptions {
  std::uint64_t seed = 1;
  ModelDims dims;
  std::size_t steps = 2500;
  double peak_rate = 1.5e-3;
  std::size_t warm_up = 100;
  std::size_t machines_per_batch = 24;
  std::size_t pairs_per_machine = 4;
  // Episodes there at the first step, and more with every step: fixed numbers, so that a
  // run hangs on its seed and not on which thread was faster.
  std::size_t first_episodes = 240;
  double episodes_per_step = 2;
  std::size_t kept = 3000;
  std::size_t validate_every = 250;
  std::size_t validation_machines = 60;
  double minutes = 60;  // the schedule is cut short when it would take longer
  int threads = 1;
};

struct Progress {
  std::size_t step = 0, steps = 0, machines = 0;
  double loss = 0;            // mean since the last report
  double validation_auc = 0;  // of the newest validation
  double elapsed_s = 0, left_s = 0;
};

struct TrainResult {
  FloatModel model;  // the running mean of weights, of the best validation
  std::size_t steps = 0, best_step = 0, machines = 0;
  double first_loss = 0, last_loss = 0;
  double validation_auc = 0;
  bool cut_short = false;  // by `minutes`: the run cannot be repeated exactly
  double seconds = 0;
};

// Trains. `clock` only serves progress and the limit of minutes.
TrainResult train(const std::vector<RealMachine>& real, const TrainOptions& options, const Clock& clock,
                  const std::function<void(const Progress&)>& report);

}  // namespace torpor::train
