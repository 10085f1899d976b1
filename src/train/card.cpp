// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <cmath>

#include "train/quality.h"

namespace torpor::train {
namespace {

std::string auc_row(double level_db, const char* speed, std::size_t machines, const Aucs& a) {
  if (machines == 0) return fmt::format("| {:.0f} dB | {} | none judged ||||\n", level_db, speed);
  return fmt::format("| {:.0f} dB | {} | {:.3f} | {:.3f} | {:.3f} | {:.3f} |\n", level_db, speed, a[0], a[1],
                     a[2], a[3]);
}

}  // namespace

// Only what a repetition of the run finds again: no date and no time taken, because the
// card's digest is part of the model file.
std::string write_card(const CardFacts& f) {
  std::string out = "# The detector's model card\n\nWritten by `torpor-train` from what it measured.\n\n";
  out +=
      "**What it is.** A relative damage detector: half a second of one accelerometer axis, described "
      "relative "
      "to the same robot's own healthy baseline, to one number that grows with damage. One network for all "
      "machines; what is particular to a robot is its baseline and its calibration. It does not know what is "
      "wrong, only that something is unlike this robot's healthy running in a way defects are.\n\n";
  out += fmt::format("| | |\n|---|---|\n| parameters | {} (width {}, {} layers, {} heads, FFN {}) |\n",
                     f.parameters, f.dims.width, f.dims.layers, f.dims.heads, f.dims.ffn);
  out += fmt::format("| arithmetic | int8 weights and activations, int32 sums; feature version {} |\n",
                     kFeatureVersion);
  // Not the model file's own digest, which hangs on this card's.
  out += fmt::format("| weights | SHA-256 {} (of the model file with an empty card) |\n", f.weights_digest);
  out += fmt::format("| seed | {} |\n| steps | {}, weights of step {}{} |\n", f.seed, f.steps, f.best_step,
                     // A run the clock ended hangs on the host's speed: the card must say so, because nothing
                     // else of it shows.
                     f.cut_short ? ", cut short by the time limit: not repeatable bit for bit" : "");
  out += fmt::format("| machines in training | {}, 30 % real, 70 % simulated |\n", f.machines);
  out += fmt::format(
      "| real recordings | {} train_healthy files ({}), {:.0f} s, {} channels; no other split was "
      "opened |\n",
      f.pack_files, f.pack_datasets, f.pack_seconds, f.pack_machines);
  out += fmt::format("| chosen by | AUC {:.4f} on simulated machines made for that |\n\n", f.validation_auc);

  out += fmt::format(
      "## Each score alone\n\n{} fresh simulated machines a row ({} with a new speed), none seen in "
      "training or choosing. Area under the ROC curve within each machine, averaged; damage at that "
      "level relative to the healthy signal's RMS, bumps and gain steps in both classes. \"averaged\" "
      "is the mean of two scores in units of their healthy spread: logit and log-band at a calibrated "
      "speed, logit and kurtosis at a new one.\n\n",
      f.levels.empty() ? 0 : f.levels[0].machines, f.levels.empty() ? 0 : f.levels[0].machines_unseen);
  out += "| damage | speed | logit | log-band | kurtosis | averaged |\n|---|---|---|---|---|---|\n";
  for (const LevelQuality& l : f.levels) out += auc_row(l.level_db, "calibrated", l.machines, l.calibrated);
  for (const LevelQuality& l : f.levels) out += auc_row(l.level_db, "new", l.machines_unseen, l.unseen);
  const QuantisationLoss& q = f.quantisation;
  out += fmt::format(
      "\n## int8 against fp32\n\n{} token sets of fresh machines at {:.0f} dB. Healthy logits: median "
      "difference {:+.3f} MAD, 99 % quantile {:+.3f} MAD. AUC {:.4f} in fp32, {:.4f} in int8.\n",
      q.sets, q.level_db, q.healthy_bias, q.healthy_tail, q.auc_fp32, q.auc_int8);
  out +=
      "\n## Limits\n\nSimulated damage is what the author of the simulator thought of. Recordings of the "
      "pack's "
      "machines were part of the training (healthy, training split only), so figures on their test splits "
      "say "
      "less than figures on other machines. A baseline of a few seconds is too short for a new speed.\n";
  return out;
}

}  // namespace torpor::train
