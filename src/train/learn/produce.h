// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "train/learn/trainer.h"

namespace torpor::train {

struct ProduceOptions {
  std::string pack_dir;
  std::string out_dir;
  TrainOptions train;
  std::size_t measured_machines = 100;  // per level of the card
  std::size_t range_sets = 320;         // token sets for activation ranges
};

// The whole way: read, train, quantise, measure, write detector.model, detector.onnx and
// detector.md. Each file is replaced as a whole, the model last. `say` gets lines of
// progress. Errors: of read_healthy, quantize, write_model_file export_onnx and the file seam.
Status produce(Files& files, const Clock& clock, const ProduceOptions& options,
               const std::function<void(const std::string&)>& say);

// detector.onnx of a model file that exists. Errors: of ModelFile::open and export_onnx.
Status export_again(Files& files, const std::string& model_path, const std::string& out_dir);

}  // namespace torpor::train
