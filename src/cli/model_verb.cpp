// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/core.h>

#include "base/hex.h"
#include "cli/model_plan.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "model/cpu/cpu_backend.h"
#include "model/model_file.h"

namespace torpor {
namespace {

// A card has a few kilobytes; this bounds what a slip of the command line reads.
constexpr std::size_t kMaxCardBytes = 1u << 20;

struct Flags {
  std::string file;
  std::string digest;
  std::string card;
};

Result<Digest> parse_digest(const std::string& text) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    // Either case: digests are pasted from tools that print both.
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Digest digest{};
  bool good = text.size() == 2 * digest.size();
  for (std::size_t i = 0; good && i < text.size(); ++i) {
    good = value(text[i]) >= 0;
    digest[i / 2] = digest[i / 2] << 4 | static_cast<std::byte>(value(text[i]));
  }
  if (good) return digest;
  Error error{Reason::usage, "--digest", {}, {}};
  error.found << std::string_view(text);
  error.expected << "64 hexadecimal digits";
  return error;
}

Json facts(const Flags& flags, const ModelFile& model) {
  const ModelDims& dims = model.dims();
  return {{"model", flags.file},
          {"bytes", model.bytes()},
          {"digest", std::string(hex(model.digest()))},
          {"format", kModelFormat},
          {"feature_version", model.feature_version()},
          {"card_digest", std::string(hex(model.card_digest()))},
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
  fmt::print("  digest       {}\n  card         {}\n", std::string(hex(model.digest())),
             std::string(hex(model.card_digest())));
  fmt::print("  network      {} layers, width {}, {} heads, feed-forward {}, head {}\n", dims.layers,
             dims.width, dims.heads, dims.ffn, dims.head_hidden);
  fmt::print("  parameters   {}\n", parameter_count(dims));
}

Status inspect(const Flags& flags, Verbs& verbs) {
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.file, {}));
  CpuBackend backend;
  // Loaded as a robot would: that the CPU backend takes it, and with how much memory, is part of what is
  // asked.
  TORPOR_CHECK(backend.load(*model, 1));
  if (verbs.json) {
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
    print_json(out);
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
  // Always, unlike the digest: a model of another feature version reads tokens wrongly and says nothing.
  expected.feature_version = kFeatureVersion;
  if (!flags.digest.empty()) {
    TORPOR_TRY(expected.digest, parse_digest(flags.digest));
  }
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.file, expected));
  if (!flags.card.empty()) {
    TORPOR_TRY(const auto card, verbs.files.read(flags.card, kMaxCardBytes));
    // The card's digest is in the model file: figures of another training run cannot be shown beside it.
    if (model_digest(card) != model->card_digest()) {
      Error error{Reason::model_card, std::string_view(flags.card), {}, {}};
      error.found << std::string(hex(model_digest(card)));
      error.expected << std::string(hex(model->card_digest()));
      return error;
    }
  }
  if (verbs.json) {
    Json out = facts(flags, *model);
    out["sound"] = true;
    // What was not asked for was not checked, and must not look as if.
    out["digest_checked"] = !flags.digest.empty();
    out["card_checked"] = !flags.card.empty();
    print_json(out);
    return {};
  }
  fmt::print("{}: sound{}{}\n  digest {}\n", flags.file,
             flags.digest.empty() ? "" : ", the digest that was asked for",
             flags.card.empty() ? "" : ", its own card", std::string(hex(model->digest())));
  return {};
}

}  // namespace

// A model that torpord would refuse (78) is, handed to a tool, bad input (65).
void add_model(CLI::App& app, Verbs& verbs) {
  CLI::App* model = app.add_subcommand("model", "look at a compiled model, or check it");
  model->require_subcommand(1);
  model->footer("Example:\n  torpor model inspect data/detector.model");
  auto flags = std::make_shared<Flags>();

  CLI::App* look = model->add_subcommand("inspect", "dimensions, digests and sections of a model file");
  look->footer("Example:\n  torpor model inspect data/detector.model --json");
  look->add_option("FILE", flags->file, "compiled model")->required();
  add_json(*look, verbs);
  on_call(
      *look, verbs, [flags, &verbs] { return inspect(*flags, verbs); }, Refused::is_bad_input);

  CLI::App* check = model->add_subcommand("verify", "check every offset, shape and number, and the digest");
  check->footer("Example:\n  torpor model verify data/detector.model --card data/detector.md");
  check->add_option("FILE", flags->file, "compiled model")->required();
  check->add_option("--digest", flags->digest, "SHA-256 the file must have, as in the contract");
  check->add_option("--card", flags->card, "the card that must belong to it");
  add_json(*check, verbs);
  on_call(
      *check, verbs, [flags, &verbs] { return verify(*flags, verbs); }, Refused::is_bad_input);

  add_model_plan(*model, verbs);
}

}  // namespace torpor
