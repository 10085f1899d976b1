// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/learn/produce.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "model/cpu/cpu_backend.h"
#include "model/onnx/onnx_export.h"
#include "model/quant_model.h"
#include "train/quality.h"
#include "train/real.h"

namespace torpor::train {
namespace {

// Quantiles of |activation| that become the ends of int8 (recipe: 99.9 %).
constexpr double kRangeQuantile = 0.999;
// Apart from the machines of the card's figures, which count up from kMeasureSeed.
constexpr std::uint64_t kRangeSeed = kMeasureSeed + (std::uint64_t{1} << 40);

std::string progress_line(const Progress& p) {
  return fmt::format(
      "step {:5}/{}  loss {:.4f}  validation AUC {:.4f}  machines {:6}  {:.1f} min, {:.1f} to go", p.step,
      p.steps, p.loss, p.validation_auc, p.machines, p.elapsed_s / 60, p.left_s / 60);
}

}  // namespace

Status produce(Files& files, const Clock& clock, const ProduceOptions& options,
               const std::function<void(const std::string&)>& say) {
  TORPOR_TRY(const RealPack pack, read_healthy(files, options.pack_dir));
  // Before an hour of training, not after it.
  TORPOR_CHECK(files.make_directories(options.out_dir));
  say(fmt::format("{} healthy training files, {:.0f} s, {} channels", pack.files, pack.seconds,
                  pack.machines.size()));
  TrainResult trained =
      train(pack.machines, options.train, clock, [&](const Progress& p) { say(progress_line(p)); });

  say("quantising");
  // Recorded machines among them: the ranges must hold what a robot meets.
  const auto sets = calibration_sets(pack.machines, options.range_sets, kRangeSeed);
  trained.model.ranges = calibrate(trained.model, sets, kRangeQuantile);
  TORPOR_TRY(const QuantModel quantised, quantize(trained.model));
  // The card names the weights and the model file names the card: the digest of the file with an empty card
  // breaks the ring.
  TORPOR_TRY(const auto bare, encode_model_file(quantised, ""));
  TORPOR_TRY(const auto model, ModelFile::from_bytes(bare, "model", {}));
  CpuBackend backend;
  // The int8 kernels of the robot: the figures are of what ships, not of what was trained.
  TORPOR_CHECK(backend.load(*model, 64));

  CardFacts facts;
  for (const std::string& dataset : pack.datasets)
    facts.pack_datasets += (facts.pack_datasets.empty() ? "" : ", ") + dataset;
  facts.pack_files = pack.files;
  facts.pack_machines = pack.machines.size();
  facts.pack_seconds = pack.seconds;
  facts.seed = options.train.seed;
  facts.steps = trained.steps;
  facts.best_step = trained.best_step;
  facts.machines = trained.machines;
  facts.parameters = parameter_count(options.train.dims);
  facts.validation_auc = trained.validation_auc;
  facts.cut_short = trained.cut_short;
  facts.dims = options.train.dims;
  facts.weights_digest = hex(model_digest(bare)).view();
  // The same machines at each level, from one seed: rows differ in the damage alone.
  for (double level : {-4.0, -12.0, -18.0}) {
    say(fmt::format("measuring at {:.0f} dB", level));
    TORPOR_TRY(const LevelQuality quality,
               measure_quality(backend, level, options.measured_machines, kMeasureSeed));
    facts.levels.push_back(quality);
  }
  TORPOR_TRY(facts.quantisation,
             measure_quantisation(backend, trained.model, -12, options.measured_machines / 3 + 1,
                                  kMeasureSeed + (std::uint64_t{1} << 32)));
  const std::string card = write_card(facts);
  // The model last: whoever finds a new one finds its card, too.
  TORPOR_CHECK(files.replace(options.out_dir + "/detector.md", as_bytes(card), 0644));
  TORPOR_CHECK(export_onnx(files, options.out_dir + "/detector.onnx", quantised));
  TORPOR_CHECK(write_model_file(files, options.out_dir + "/detector.model", quantised, card));
  TORPOR_TRY(const auto bytes, encode_model_file(quantised, card));
  say(fmt::format("{}/detector.model  SHA-256 {}  after {:.1f} min", options.out_dir,
                  hex(model_digest(bytes)).view(), trained.seconds / 60));
  return {};
}

Status export_again(Files& files, const std::string& model_path, const std::string& out_dir) {
  TORPOR_TRY(const auto model,
             ModelFile::open(files, model_path, {.digest = {}, .feature_version = kFeatureVersion}));
  return export_onnx(files, out_dir + "/detector.onnx", unpack(*model));
}

}  // namespace torpor::train
