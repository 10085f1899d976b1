// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include <memory>

#include "base/posix/tell.h"
#include "cli/verbs.h"
#include "eval/protocols.h"

namespace torpor {

void add_eval(CLI::App& app, Verbs& verbs) {
  struct Flags {
    eval::Options options;
    std::string model = "data/detector.model", out;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand("eval", "Judge the detector on a pack of recordings");
  verb->footer(
      "Example:\n  torpor eval --pack ../shared/data --protocol dilute --window-s 1 --rate 3000 --out "
      "dilute.json\n"
      "Protocols: same (as recorded), loso (one speed or load left out), dilute (weak faults made of\n"
      "strong ones), life (runs to failure), replay (cycle by cycle with the alarm). docs/evaluation.md");
  verb->add_option("--pack", flags->options.pack_dir, "folder with MANIFEST.csv")->required();
  verb->add_option("--protocol", flags->options.protocol, "same, loso, dilute, life or replay")->required();
  verb->add_option("--window-s", flags->options.load.window_s, "length of a window in seconds")->required();
  verb->add_option("--rate", flags->options.load.rate_hz, "resample everything to this rate in Hz");
  verb->add_option("--model", flags->model, "the model file")->capture_default_str();
  // Required: a run takes minutes to hours, and a terminal is no place to keep its result.
  verb->add_option("--out", flags->out, "where the result is written (JSON)")->required();
  add_json(*verb, verbs);
  on_call(*verb, verbs, [flags, &verbs]() -> Status {
    // Progress on stderr, so that stdout can be piped on.
    const auto say = [](const std::string& line) { tell("{}\n", line); };
    TORPOR_TRY(const std::string result, eval::evaluate(verbs.files, flags->options, flags->model, say));
    TORPOR_CHECK(verbs.files.replace(flags->out, as_bytes(result), 0644));
    fmt::print("{}", verbs.json ? result : eval::table(result));
    return {};
  });
}

}  // namespace torpor
