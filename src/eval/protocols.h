// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "eval/pack.h"
#include "eval/scorer.h"

// `torpor eval`: what a model is worth on a pack of recordings. Models, baselines, scales
// and thresholds see train_healthy only; test_healthy gives false alarms, test_fault gives
// detections; unlabelled is played (life, replay) and never learned from.
// docs/evaluation.md describes each protocol and the JSON it leaves.
namespace torpor::eval {

struct Options {
  std::string protocol;  // same, loso, dilute, life, replay
  std::string pack_dir;
  LoadOptions load;
};

// What one protocol runs on; all of it outlives the run.
struct ProtocolRun {
  const Manifest& manifest;
  Scorer& scorer;
  Options options;
  std::function<void(const std::string&)> say;  // progress, one line each
  Measurer measurer{};
};

// Each returns {"machines": [..], ..}. Errors: eval_nothing where no machine of the pack
// serves the protocol; those of the readers and the backend.
Result<nlohmann::ordered_json> run_same(ProtocolRun& run);
Result<nlohmann::ordered_json> run_loso(ProtocolRun& run);
Result<nlohmann::ordered_json> run_dilute(ProtocolRun& run);
Result<nlohmann::ordered_json> run_life(ProtocolRun& run);
Result<nlohmann::ordered_json> run_replay(ProtocolRun& run);

// All of it: opens pack and model, runs the protocol, returns the document that is
// written to --out. Errors as above, usage for an unknown protocol or a window or rate
// out of range, and those of ModelFile::open.
Result<std::string> evaluate(Files& files, const Options& options, const std::string& model_path,
                             const std::function<void(const std::string&)>& say);

// The document of evaluate() as a table for people: a line per machine and group of
// faults, per score AUC, TPR at FPR 0, and FPR and TPR at the self-set threshold.
std::string table(const std::string& document);

}  // namespace torpor::eval
