// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "train/learn/produce.h"

// torpor-train: healthy recordings and simulated machines to data/detector.model.
// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) {
  using namespace torpor;
  CLI::App app{"Trains the detector and writes detector.model, detector.onnx and the card detector.md."};
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : exit_code(Reason::usage);
  }
  if (onnx_of.empty() && (pack->count() == 0 || seed->count() == 0)) {
    std::fprintf(stderr,
                 "torpor-train: --pack and --seed are required\nRun with --help for more information.\n");
    return exit_code(Reason::usage);
  }
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  auto say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  const Status done = onnx_of.empty() ? train::produce(files, clock, options, say)
                                      : train::export_again(files, onnx_of, options.out_dir);
  if (done) return 0;
  std::fprintf(stderr, "torpor-train: %s\n  %s\n", std::string(one_line(done.error()).view()).c_str(),
               std::string(next_step(done.error().reason)).c_str());
  return exit_code(done.error().reason);
}
