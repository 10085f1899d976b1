// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cpu/cpu_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/fake/allocations.h"
#include "model/fake/models.h"

namespace torpor {
namespace {

std::vector<float> logits_of(const Kernels& kernels, const ModelFile& model, std::span<const TokenSet> sets) {
  CpuBackend backend(kernels);
  std::vector<float> logits(sets.size());
  EXPECT_TRUE(backend.probe().ok());
  EXPECT_TRUE(backend.load(model, sets.size()).ok());
  EXPECT_TRUE(backend.run(sets, logits).ok());
  EXPECT_TRUE(backend.release().ok());
  return logits;
}

std::uint32_t crc_of(const std::vector<float>& values) {
  return crc32c({reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)});
}

std::vector<const Kernels*> tables() {
  const KernelList list = available_kernels();
  return {list.tables, list.tables + list.count};
}

// The same on every host and every path: a change of this number is a change of every
// baseline, and needs a new feature version or a new model.
TEST(CpuBackend, logits_of_a_fixed_model_have_the_committed_bits_on_every_path) {
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, 8);
  for (const Kernels* kernels : tables())
    EXPECT_EQ(crc_of(logits_of(*kernels, *model, sets)), 243573409u) << kernels->name;
}

TEST(CpuBackend, every_path_equals_the_reference_on_models_of_every_shape) {
  const ModelDims shapes[] = {{16, 1, 1, 16, 16},  {32, 2, 1, 64, 16},  {32, 1, 2, 48, 32},
                              {64, 3, 4, 256, 64}, {96, 2, 3, 128, 48}, {128, 1, 8, 1024, 256}};
  std::uint64_t seed = 10;
  for (const ModelDims& dims : shapes) {
    const auto model = random_model_file(++seed, dims);
    const auto sets = random_tokens(seed, 2);
    const auto expected = logits_of(reference_kernels(), *model, sets);
    for (const Kernels* kernels : tables())
      EXPECT_EQ(crc_of(logits_of(*kernels, *model, sets)), crc_of(expected))
          << kernels->name << " at width " << dims.width;
  }
}

TEST(CpuBackend, every_path_equals_the_reference_on_extreme_tokens) {
  const auto model = random_model_file(3);
  std::vector<TokenSet> sets = random_tokens(4, 6);
  const float fills[] = {0.0f,
                         8.0f,
                         -8.0f,
                         1e30f,
                         std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::quiet_NaN()};
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].global.fill(fills[i]);
    for (auto& band : sets[i].band) band.fill(fills[i]);
  }
  const auto expected = logits_of(reference_kernels(), *model, sets);
  for (float logit : expected) EXPECT_TRUE(std::isfinite(logit));
  for (const Kernels* kernels : tables())
    EXPECT_EQ(crc_of(logits_of(*kernels, *model, sets)), crc_of(expected)) << kernels->name;
}

TEST(CpuBackend, a_logit_does_not_depend_on_its_place_in_the_batch) {
  const auto model = random_model_file(5);
  const auto sets = random_tokens(6, 5);
  const auto together = logits_of(*tables()[0], *model, sets);
  for (std::size_t i = 0; i < sets.size(); ++i)
    EXPECT_EQ(logits_of(*tables()[0], *model, {&sets[i], 1})[0], together[i]);
}

TEST(CpuBackend, follows_the_float_model_closely) {
  const FloatModel float_model = random_float_model(7);
  const auto model = random_model_file(7);
  const auto sets = random_tokens(8, 20);
  const auto logits = logits_of(*tables()[0], *model, sets);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const double exact = float_forward(float_model, sets[i]);
    error += (logits[i] - exact) * (logits[i] - exact);
    size += exact * exact;
  }
  EXPECT_LT(std::sqrt(error / size), 0.06);
}

TEST(CpuBackend, run_allocates_nothing) {
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, 4);
  std::vector<float> logits(4);
  CpuBackend backend;
  ASSERT_TRUE(backend.load(*model, 4).ok());
  const std::size_t before = allocations_for_test();
  ASSERT_TRUE(backend.run(sets, logits).ok());
  EXPECT_EQ(allocations_for_test(), before);
}

TEST(CpuBackend, arena_stays_below_a_committed_limit_whatever_the_batch) {
  const auto model = random_model_file(1);
  CpuBackend backend;
  ASSERT_TRUE(backend.load(*model, 1000).ok());
  EXPECT_LE(backend.arena_bytes(), 96u << 10);
}

TEST(CpuBackend, refuses_to_run_before_load_or_beyond_the_batch) {
  const auto model = random_model_file(1);
  const auto sets = random_tokens(2, 3);
  std::vector<float> logits(3);
  CpuBackend backend;
  EXPECT_EQ(backend.run(sets, logits).error().reason, Reason::model_not_loaded);
  ASSERT_TRUE(backend.load(*model, 2).ok());
  EXPECT_EQ(backend.run(sets, logits).error().reason, Reason::model_batch);
  EXPECT_EQ(backend.run({sets.data(), 2}, {logits.data(), 1}).error().reason, Reason::model_batch);
  EXPECT_TRUE(backend.run({sets.data(), 2}, {logits.data(), 2}).ok());
}

TEST(CpuBackend, can_be_loaded_again_with_another_model) {
  const auto one = random_model_file(1);
  const auto two = random_model_file(2, {32, 1, 2, 32, 16});
  const auto sets = random_tokens(2, 2);
  std::vector<float> logits(2);
  CpuBackend backend;
  ASSERT_TRUE(backend.load(*one, 2).ok());
  ASSERT_TRUE(backend.run(sets, logits).ok());
  ASSERT_TRUE(backend.load(*two, 2).ok());
  ASSERT_TRUE(backend.run(sets, logits).ok());
  EXPECT_EQ(logits, logits_of(reference_kernels(), *two, sets));
}

}  // namespace
}  // namespace torpor
