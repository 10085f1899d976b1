// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// usage: torpor-onnx-case OUT_DIR [MODEL]
// Writes OUT_DIR/{model.onnx,band.f32,global.f32,logit.f32,case.json}: the model as ONNX, made-up
// tokens, our logits for them, and what one batch cost us. Without MODEL: a model of a seed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "base/posix/posix_files.h"
#include "model/cpu/cpu_backend.h"
#include "model/fake/models.h"
#include "model/onnx/onnx_export.h"

namespace torpor {
namespace {

constexpr std::size_t kSets = 300;
constexpr std::size_t kBatch = 30;

Bytes raw(const std::vector<float>& values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)};
}

Result<double> milliseconds_a_batch(CpuBackend& backend, std::span<const TokenSet> sets,
                                    std::span<float> logits) {
  double best = 1e9;
  for (int i = 0; i < 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    TORPOR_CHECK(backend.run(sets, logits));
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Status make_case(const std::string& out, const std::string& path) {
  PosixFiles files;
  std::unique_ptr<ModelFile> model;
  if (path.empty()) {
    model = random_model_file(1);
  } else {
    TORPOR_TRY(model, ModelFile::open(files, path, {}));
  }
  TORPOR_CHECK(files.make_directories(out));
  TORPOR_CHECK(export_onnx(files, out + "/model.onnx", unpack(*model)));
  const auto sets = random_tokens(11, kSets);
  std::vector<float> logits(kSets), band, global;
  for (const TokenSet& set : sets) {
    for (const auto& row : set.band) band.insert(band.end(), row.begin(), row.end());
    global.insert(global.end(), set.global.begin(), set.global.end());
  }
  CpuBackend backend;
  TORPOR_CHECK(backend.load(*model, kSets));
  TORPOR_CHECK(backend.run(sets, logits));
  std::vector<float> some(kBatch);
  TORPOR_TRY(const double best, milliseconds_a_batch(backend, {sets.data(), kBatch}, some));
  TORPOR_CHECK(files.replace(out + "/band.f32", raw(band), 0644));
  TORPOR_CHECK(files.replace(out + "/global.f32", raw(global), 0644));
  TORPOR_CHECK(files.replace(out + "/logit.f32", raw(logits), 0644));
  const std::string facts = std::string("{\"trained\": ") + (path.empty() ? "false" : "true") +
                            ", \"sets\": " + std::to_string(kSets) +
                            ", \"batch\": " + std::to_string(kBatch) + ", \"kernels\": \"" +
                            std::string(backend.kernels_name()) +
                            "\", \"batch_ms\": " + std::to_string(best) + "}\n";
  return files.replace(out + "/case.json", as_bytes(facts), 0644);
}

}  // namespace
}  // namespace torpor

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: torpor-onnx-case OUT_DIR [MODEL]\n");
    return torpor::exit_code(torpor::Reason::usage);
  }
  const torpor::Status done = torpor::make_case(argv[1], argc == 3 ? argv[2] : "");
  if (done) return 0;
  const auto line = torpor::one_line(done.error());
  std::fprintf(stderr, "torpor-onnx-case: %.*s\n", static_cast<int>(line.size()), line.view().data());
  return torpor::exit_code(done.error().reason);
}
