// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <vector>

#include "base/fake/allocations.h"
#include "features/fake/signals.h"
#include "features/subframes.h"
#include "features/tokenizer.h"

namespace torpor {
namespace {

TEST(NoHeap, from_window_to_tokens_nothing_is_allocated_even_when_lengths_change) {
  constexpr std::size_t kSamples = 6400;
  TestSignal signal(51);
  BaselineBuilder builder(true);
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(builder.add(features_of(signal.noise(kSamples), 12800, 1500), 25, 1));
  const auto baseline = *builder.finish();
  auto extractor = *FeatureExtractor::prepare(12'800'000, kSamples, FeatureExtractor::Speed::known);
  SubFrameCutter cutter(kSamples, 10 * kSamples);
  const auto x = signal.noise(3 * 10 * kSamples);
  std::vector<std::vector<std::uint32_t>> blocks{{0}, {0, 3000, 7000, 7100, 9900}, {}};
  for (std::uint32_t i = 0; i < kMaxBlocks; ++i) blocks[2].push_back(i * 500);
  RawFeatures raw;
  TokenSet tokens;
  const std::size_t before = allocations_for_test();
  std::size_t subframes = 0;
  for (int round = 0; round < 2; ++round)
    for (const auto& starts : blocks) {
      Window window;
      window.axes = 3;
      window.samples = x;
      window.block_starts = starts;
      for (std::size_t axis = 0; axis < 3; ++axis)
        for (const SubFrame& s : cutter.cut(window, axis)) {
          ASSERT_TRUE(extractor.extract(s.pieces, 0.001f, 25, raw));
          tokenize(raw, *baseline, 25, tokens);
          ASSERT_TRUE(builder.add(raw, 25, raw.weight));
          ++subframes;
        }
    }
  EXPECT_GT(before, 0u);  // the count is alive
  EXPECT_EQ(allocations_for_test() - before, 0u);
  EXPECT_GE(subframes, 160u);
}

}  // namespace
}  // namespace torpor
