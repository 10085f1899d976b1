// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "eval/protocols.h"
#include "model/cpu/cpu_backend.h"

namespace torpor::eval {

Result<std::string> evaluate(Files& files, const Options& options, const std::string& model_path,
                             const std::function<void(const std::string&)>& say) {
  using Protocol = Result<nlohmann::ordered_json> (*)(ProtocolRun&);
  constexpr std::pair<std::string_view, Protocol> kProtocols[] = {{"same", run_same},
                                                                  {"loso", run_loso},
                                                                  {"dilute", run_dilute},
                                                                  {"life", run_life},
                                                                  {"replay", run_replay}};
  Protocol protocol = nullptr;
  for (const auto& [name, function] : kProtocols)
    if (name == options.protocol) protocol = function;
  if (protocol == nullptr)
    return Error{Reason::usage, "--protocol", std::string_view(options.protocol),
                 "same, loso, dilute, life or replay"};
  // Negated, so that a NaN is refused.
  if (!(options.load.window_s >= 0.1 && options.load.window_s <= 60))
    return Error{Reason::usage, "--window-s", std::string_view(fmt::format("{}", options.load.window_s)),
                 "0.1 to 60 seconds"};
  if (options.load.rate_hz != 0 && !(options.load.rate_hz >= 640 && options.load.rate_hz <= 100'000))
    return Error{Reason::usage, "--rate", std::string_view(fmt::format("{}", options.load.rate_hz)),
                 "640 to 100000 Hz"};

  TORPOR_TRY(const auto model,
             ModelFile::open(files, model_path, {.digest = {}, .feature_version = kFeatureVersion}));
  TORPOR_TRY(const Manifest manifest, Manifest::read(files, options.pack_dir + "/MANIFEST.csv"));
  // The reference kernels: figures of an evaluation are the same on every machine.
  CpuBackend backend;
  TORPOR_CHECK(backend.load(*model, kScoreBatch));
  Scorer scorer(backend);
  ProtocolRun run{manifest, scorer, options, say};
  TORPOR_TRY(auto result, protocol(run));

  nlohmann::ordered_json out;
  // What the figures hang on stands in front of them: a document can be told from another by its head.
  out["protocol"] = options.protocol;
  out["window_s"] = options.load.window_s;
  out["rate_hz"] = options.load.rate_hz;
  out["model"] = hex(model->digest()).view();
  out["threshold"] = "healthy median + 1.5 x (largest - median), held-out training windows only";
  for (auto& [key, value] : result.items()) out[key] = std::move(value);
  // One key a line: two evaluations can be compared with diff.
  return out.dump(1) + "\n";
}

}  // namespace torpor::eval
