// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/model_plan.h"

#include <fmt/core.h>

#include <charconv>

#include "base/hex.h"
#include "cli/print.h"
#include "model/model_file.h"
#include "model/tensorrt/plan_file.h"

namespace torpor {
namespace {

struct PlanFlags {
  std::string file;
  std::string model;
  std::string tensorrt;
  std::string capability;
  std::string out;
  std::uint32_t batch = 0;
};

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
    // A part of 100 or more would spill into the one before it, and two versions would share a number.
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
Status wrap_plan(const PlanFlags& flags, Verbs& verbs) {
  // Opened, not only hashed: a plan is never bound to a file that no backend would load.
  TORPOR_TRY(const auto model, ModelFile::open(verbs.files, flags.model, {}));
  TORPOR_TRY(const auto engine, verbs.files.read(flags.file, kMaxPlanBytes));
  PlanFacts facts{.max_batch = flags.batch, .model = model->digest()};
  TORPOR_TRY(facts.tensorrt, parse_dotted("--tensorrt", flags.tensorrt, {10'000, 100, 1}));
  TORPOR_TRY(facts.capability, parse_dotted("--capability", flags.capability, {10, 1}));
  // The engine itself is opaque here: its header lets the backend refuse it before TensorRT, and the GPU,
  // are woken.
  TORPOR_CHECK(verbs.files.replace(flags.out, encode_plan_file(facts, engine), 0644));
  fmt::print("{}: {} bytes of plan for TensorRT {}, capability {}, up to {} token sets, model {}\n",
             flags.out, engine.size(), flags.tensorrt, flags.capability, flags.batch,
             std::string(hex(facts.model)));
  return {};
}

}  // namespace

void add_model_plan(CLI::App& model, Verbs& verbs) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App* plan = model.add_subcommand("plan", "wrap a TensorRT engine for the tensorrt backend");
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
  on_call(
      *plan, verbs, [flags, &verbs] { return wrap_plan(*flags, verbs); }, Refused::is_bad_input);
}

}  // namespace torpor
