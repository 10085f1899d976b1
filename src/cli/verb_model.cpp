// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "cli/verbs.h"
#include "model/cpu/cpu_backend.h"
#include "model/model_file.h"
#include "model/tensorrt/plan_file.h"

namespace torpor::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxCardBytes = 1u << 20;

struct Flags {
  std::string file;
  std::string digest;
  std::string card;
  std::string model;
  std::string tensorrt;
  std::string capability;
  std::string out;
  std::uint32_t batch = 0;
  bool json = false;
};

void print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<Digest> parse_digest(const std::string& text) {
  Digest digest{};
  if (parse_hex(text, digest)) return digest;
  return Error{.reason = Reason::usage}.at("--digest").saw(text).want("64 lower-case hexadecimal digits");
}

Json facts(const Flags& flags, const ModelFile& model) {
  const ModelDims& dims = model.dims();
  return {{"model", flags.file},
          {"bytes", model.bytes()},
          {"digest", hex(model.digest()).view()},
          {"format", kModelFormat},
          {"feature_version", model.feature_version()},
          {"card_digest", hex(model.card_digest()).view()},
          {"parameters", parameter_count(dims)},
          {"width", dims.width},
          {"layers", dims.layers},
          {"heads", dims.heads},
          {"ffn", dims.ffn},
          {"head_hidden", dims.head_hidden}};
}

void print_summary(const Flags& flags, const ModelFile& model) {
  const ModelDims& dims = model.dims();
  fmt::print("{}: {} bytes, format {}, feature version {}\n", flags.file, model.bytes(), kModelFormat,
             model.feature_version());
  fmt::print("  digest       {}\n  card         {}\n", hex(model.digest()).view(),
             hex(model.card_digest()).view());
  fmt::print("  network      {} layers, width {}, {} heads, feed-forward {}, head {}\n", dims.layers,
             dims.width, dims.heads, dims.ffn, dims.head_hidden);
  fmt::print("  parameters   {}\n", parameter_count(dims));
}

Status inspect(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.file, {}));
  CpuBackend backend;
  TORPOR_CHECK(backend.load(*model, 1));
  if (flags.json) {
    Json out = facts(flags, *model);
    out["kernels"] = backend.kernels_name();
    out["arena_bytes"] = backend.arena_bytes();
    out["sections"] = Json::array();
    for (const ModelSection& s : model->sections())
      out["sections"].push_back({{"name", s.name},
                                 {"offset", s.offset},
                                 {"bytes", s.bytes},
                                 {"type", s.int8 ? "int8" : "fp32"},
                                 {"rows", s.rows},
                                 {"columns", s.columns}});
    print(out);
    return {};
  }
  print_summary(flags, *model);
  fmt::print("  here         {} kernels, {} bytes of working memory\n", backend.kernels_name(),
             backend.arena_bytes());
  fmt::print("  {:<24} {:>9} {:>8}  type  shape\n", "section", "offset", "bytes");
  for (const ModelSection& s : model->sections())
    fmt::print("  {:<24} {:>9} {:>8}  {}  {} x {}\n", s.name, s.offset, s.bytes, s.int8 ? "int8" : "fp32",
               s.rows, s.columns);
  return {};
}

Status verify(const Flags& flags, Verbs& verbs) {
  ModelExpectation expected;
  expected.feature_version = kFeatureVersion;
  if (!flags.digest.empty()) {
    TORPOR_TRY(expected.digest, parse_digest(flags.digest));
  }
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.file, expected));
  if (!flags.card.empty()) {
    TORPOR_TRY(const auto card, verbs.files.read(flags.card, kMaxCardBytes));
    if (model_digest(card) != model->card_digest()) {
      Error error{Reason::model_card, std::string_view(flags.card), {}, {}};
      error.found << hex(model_digest(card));
      error.expected << hex(model->card_digest());
      return error;
    }
  }
  if (flags.json) {
    Json out = facts(flags, *model);
    out["sound"] = true;
    out["digest_checked"] = !flags.digest.empty();
    out["card_checked"] = !flags.card.empty();
    print(out);
    return {};
  }
  fmt::print("{}: sound{}{}\n  digest {}\n", flags.file,
             flags.digest.empty() ? "" : ", the digest that was asked for",
             flags.card.empty() ? "" : ", its own card", hex(model->digest()).view());
  return {};
}

// "10.3.0" with {10000, 100, 1} is 100300; each part below 100.
Result<std::uint32_t> parse_dotted(std::string_view flag, const std::string& text,
                                   std::initializer_list<std::uint32_t> weights) {
  std::uint32_t number = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (const std::uint32_t weight : weights) {
    std::uint32_t part = 100;
    const auto [rest, failed] = std::from_chars(at, end, part);
    const bool last = weight == *(weights.end() - 1);
    if (failed != std::errc() || part >= 100 || (last ? rest != end : rest == end || *rest != '.')) {
      Error error{.reason = Reason::usage, .where = flag, .found = std::string_view(text)};
      error.expected << weights.size() << " numbers with dots between them";
      return error;
    }
    number += part * weight;
    at = last ? rest : rest + 1;
  }
  return number;
}

// Puts the header in front that the tensorrt backend checks before it wakes the GPU.
Status wrap_plan(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.model, {}));
  TORPOR_TRY(const auto engine, verbs.files.read(flags.file, kMaxPlanBytes));
  PlanFacts facts{.max_batch = flags.batch, .model = model->digest()};
  TORPOR_TRY(facts.tensorrt, parse_dotted("--tensorrt", flags.tensorrt, {10'000, 100, 1}));
  TORPOR_TRY(facts.capability, parse_dotted("--capability", flags.capability, {10, 1}));
  TORPOR_CHECK(verbs.files.replace(flags.out, encode_plan_file(facts, engine), 0644));
  fmt::print("{}: {} bytes of plan for TensorRT {}, capability {}, up to {} token sets, model {}\n",
             flags.out, engine.size(), flags.tensorrt, flags.capability, flags.batch,
             hex(facts.model).view());
  return {};
}

// A model that torpord would refuse (78) is, handed to a tool, bad input (65).
void report(std::string_view verb, const Status& done, Verbs& verbs) {
  if (done) return;
  verbs.fail(verb, done.error());
  if (verbs.exit_code == static_cast<int>(Group::refused))
    verbs.exit_code = static_cast<int>(Group::bad_input);
}

}  // namespace

void add_model(CLI::App& app, Verbs& verbs) {
  CLI::App* model = app.add_subcommand("model", "look at a compiled model, or check it");
  model->require_subcommand(1);
  model->footer("Example:\n  torpor model inspect data/detector.model");
  auto flags = std::make_shared<Flags>();

  CLI::App* look = model->add_subcommand("inspect", "dimensions, digests and sections of a model file");
  look->footer("Example:\n  torpor model inspect data/detector.model --json");
  look->add_option("FILE", flags->file, "compiled model")->required();
  look->add_flag("--json", flags->json, "print JSON");
  look->callback([flags, &verbs] { report("model inspect", inspect(*flags, verbs), verbs); });

  CLI::App* check = model->add_subcommand("verify", "check every offset, shape and number, and the digest");
  check->footer("Example:\n  torpor model verify data/detector.model --card data/detector.md");
  check->add_option("FILE", flags->file, "compiled model")->required();
  check->add_option("--digest", flags->digest, "SHA-256 the file must have, as in the contract");
  check->add_option("--card", flags->card, "the card that must belong to it");
  check->add_flag("--json", flags->json, "print JSON");
  check->callback([flags, &verbs] { report("model verify", verify(*flags, verbs), verbs); });

  CLI::App* plan = model->add_subcommand("plan", "wrap a TensorRT engine for the tensorrt backend");
  plan->footer(
      "Example:\n  torpor model plan detector.engine --model detector.model --tensorrt 10.3.0 "
      "--capability 8.7 \\\n    --batch 30 --out detector.model.plan");
  plan->add_option("FILE", flags->file, "engine, as trtexec saved it")->required();
  plan->add_option("--model", flags->model, "the compiled model it was made of")->required();
  plan->add_option("--tensorrt", flags->tensorrt, "version that made it, 10.3.0")->required();
  plan->add_option("--capability", flags->capability, "compute capability of the GPU, 8.7")->required();
  plan->add_option("--batch", flags->batch, "most token sets its profile takes")
      ->required()
      ->check(CLI::Range(1, 4096));
  plan->add_option("--out", flags->out, "file to write")->required();
  plan->callback([flags, &verbs] { report("model plan", wrap_plan(*flags, verbs), verbs); });
}

}  // namespace torpor::apps
