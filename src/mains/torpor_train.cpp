// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// torpor-train: healthy recordings and simulated machines to data/detector.model.
#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "base/posix/tell.h"
#include "program/command_line.h"
#include "program/error_text.h"
#include "program/version.h"
#include "train/learn/produce.h"

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  using namespace torpor;
  constexpr const char* kProgram = "torpor-train";
  CLI::App app("Trains the detector and writes detector.model, detector.onnx and the card detector.md.",
               kProgram);
  app.footer(
      "Example:\n  torpor-train --pack ../shared/data --out data --seed 1\n"
      "  torpor-train --onnx-of data/detector.model --out data      (trains nothing)");
  train::ProduceOptions options;
  std::string onnx_of;
  CLI::Option* pack = app.add_option("--pack", options.pack_dir,
                                     "folder with MANIFEST.csv; only its train_healthy rows are opened");
  app.add_option("--out", options.out_dir, "folder the three files are written to")->required();
  CLI::Option* seed = app.add_option("--seed", options.train.seed, "everything hangs on it")
                          ->check(CLI::Range(0, (1 << 20) - 1));
  app.add_option("--steps", options.train.steps, "optimiser steps")->capture_default_str();
  app.add_option("--minutes", options.train.minutes,
                 "at most so long; a run cut short cannot be repeated exactly")
      ->capture_default_str();
  app.add_option("--threads", options.train.threads, "of the network's arithmetic; one more makes machines")
      ->capture_default_str();
  CLI::Option* again = app.add_option("--onnx-of", onnx_of, "only write detector.onnx of this model file");
  again->excludes(pack)->excludes(seed);
  if (const auto code = parse_command_line(app, argc, argv, [] { return version_text(kProgram); }))
    return *code;
  const auto ended = [](const Error& error) {
    tell_error(kProgram, error);
    return exit_code(error.reason);
  };
  if (onnx_of.empty() && (pack->count() == 0 || seed->count() == 0))
    return ended(
        {.reason = Reason::usage, .where = "--pack and --seed", .expected = "both: they are required"});
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  const auto say = [](const std::string& line) { tell("{}\n", line); };
  const Status done = onnx_of.empty() ? train::produce(files, clock, options, say)
                                      : train::export_again(files, onnx_of, options.out_dir);
  return done ? 0 : ended(done.error());
}
