// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/backend.h"
#include "model/float_model.h"
#include "train/episode.h"
#include "verdict/verdict.h"

// What a trained model is worth, measured on simulated machines that nothing was trained
// or chosen on: the figures of the model's card.
namespace torpor::train {

// logit, log_band, kurtosis, and the mean of two in units of their healthy spread: logit
// and log_band at a calibrated speed, logit and kurtosis at a new one.
inline constexpr std::size_t kQualities = kScores + 1;
using Aucs = std::array<double, kQualities>;  // means over machines of the AUC within each

struct LevelQuality {
  double level_db = 0;
  Aucs calibrated{}, unseen{};
  std::size_t machines = 0, machines_unseen = 0;
};

// Damage within 1 dB of level_db on `machines` fresh machines from `first_seed` on. The
// healthy spread is taken from every second healthy query at a calibrated speed, the AUC
// from the others. The backend is loaded for at least 64 token sets.
Result<LevelQuality> measure_quality(Backend& backend, double level_db, std::size_t machines,
                                     std::uint64_t first_seed);

// int8 against fp32 on the same token sets, in units of the healthy fp32 logits' MAD.
struct QuantisationLoss {
  double healthy_bias = 0;  // median of int8 - fp32 over healthy sets
  double healthy_tail = 0;  // int8's 99 % quantile - fp32's
  double auc_fp32 = 0, auc_int8 = 0;
  double level_db = 0;
  std::size_t sets = 0;
};
Result<QuantisationLoss> measure_quantisation(Backend& backend, const FloatModel& model, double level_db,
                                              std::size_t machines, std::uint64_t first_seed);

// Token sets for activation ranges: `count` of them, healthy and damaged alike, from
// machines as in training.
std::vector<TokenSet> calibration_sets(const std::vector<RealMachine>& real, std::size_t count,
                                       std::uint64_t first_seed);

// Everything the card says.
struct CardFacts {
  std::string pack_datasets;
  std::size_t pack_files = 0, pack_machines = 0;
  double pack_seconds = 0;
  std::uint64_t seed = 0;
  std::size_t steps = 0, best_step = 0, machines = 0, parameters = 0;
  double validation_auc = 0;
  bool cut_short = false;
  ModelDims dims;
  std::string weights_digest;  // SHA-256 of the model file made with an empty card
  std::vector<LevelQuality> levels;
  QuantisationLoss quantisation;
};
std::string write_card(const CardFacts& facts);

}  // namespace torpor::train
