// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/subframes.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace torpor {
namespace {

struct Held {
  std::vector<std::int16_t> samples;
  std::vector<std::uint32_t> starts;
  Window window;
};
Held held(std::vector<std::size_t> blocks, std::uint32_t axes = 1) {
  Held h;
  std::size_t total = 0;
  for (std::size_t n : blocks) {
    h.starts.push_back(static_cast<std::uint32_t>(total));
    total += n;
  }
  h.samples.resize(total * axes);
  h.window.axes = axes;
  h.window.samples = h.samples;
  h.window.block_starts = h.starts;
  return h;
}

// Sub-frames as lists of piece lengths.
std::vector<std::vector<std::size_t>> lengths(const Held& h, std::size_t per_subframe) {
  SubFrameCutter cutter(per_subframe, h.window.samples_per_axis());
  std::vector<std::vector<std::size_t>> out;
  for (const SubFrame& s : cutter.cut(h.window, 0)) {
    out.emplace_back();
    for (const Piece& p : s.pieces) out.back().push_back(p.count);
  }
  return out;
}
using Lengths = std::vector<std::vector<std::size_t>>;

TEST(SubFrames, half_a_second_is_rounded) {
  EXPECT_EQ(subframe_samples(25'600'000), 12800u);
  EXPECT_EQ(subframe_samples(12'001'000), 6001u);
  EXPECT_EQ(subframe_samples(1), 1u);
}

TEST(SubFrames, five_seconds_are_ten) { EXPECT_EQ(lengths(held({8000}), 800), Lengths(10, {800})); }

TEST(SubFrames, a_rest_is_dropped) {
  EXPECT_EQ(lengths(held({8319}), 800), Lengths(10, {800}));
  EXPECT_EQ(lengths(held({8480}), 800), Lengths(10, {800}));
}

TEST(SubFrames, a_window_without_a_whole_one_gives_what_it_has) {
  EXPECT_EQ(lengths(held({700}), 800), Lengths({{700}}));
  EXPECT_EQ(lengths(held({319}), 800), Lengths());
  EXPECT_EQ(lengths(held({}), 800), Lengths());
}

TEST(SubFrames, short_blocks_are_gathered) {
  EXPECT_EQ(lengths(held({2560, 2560, 2560, 2560, 2560}), 12800), Lengths({{2560, 2560, 2560, 2560, 2560}}));
}

TEST(SubFrames, a_gathered_one_that_lacks_a_sliver_is_complete) {
  // Five blocks of 2,500 lack 300: the sixth starts the next one.
  EXPECT_EQ(lengths(held(std::vector<std::size_t>(10, 2500)), 12800),
            Lengths(2, {2500, 2500, 2500, 2500, 2500}));
}

TEST(SubFrames, a_block_is_shared_out_between_neighbours) {
  EXPECT_EQ(lengths(held({1200, 1200, 1200}), 2000), Lengths({{1200, 800}}));
  EXPECT_EQ(lengths(held({1200, 1200, 1200, 1200}), 2000), Lengths({{1200, 800}, {400, 1200, 400}}));
}

TEST(SubFrames, long_blocks_keep_whole_ones_and_gather_their_rests) {
  EXPECT_EQ(lengths(held({2800, 3200}), 2000), Lengths({{2000}, {2000}, {800, 1200}}));
}

TEST(SubFrames, slivers_are_dropped) {
  EXPECT_EQ(lengths(held({2100, 2100, 100, 2000}), 2000), Lengths(3, {2000}));
}

TEST(SubFrames, never_cross_a_block_border_and_never_share_a_sample) {
  for (std::size_t seed = 1; seed < 200; ++seed) {
    std::vector<std::size_t> blocks;
    std::size_t state = seed * 7919;
    for (std::size_t i = 0; i < 1 + seed % 20; ++i)
      blocks.push_back((state = state * 1103515245 + 12345) / 65536 % 5000);
    const Held h = held(blocks, 2);
    SubFrameCutter cutter(2000, h.window.samples_per_axis());
    std::vector<int> used(h.window.samples_per_axis());
    for (const SubFrame& s : cutter.cut(h.window, 1))
      for (const Piece& p : s.pieces) {
        const auto at = static_cast<std::size_t>(p.first - h.samples.data() - 1) / 2;
        EXPECT_EQ((p.first - h.samples.data()) % 2, 1);
        EXPECT_GE(p.count, kMinPieceSamples);
        EXPECT_EQ(p.stride, 2u);
        for (std::size_t i = at; i < at + p.count; ++i) EXPECT_EQ(used.at(i)++, 0) << "seed " << seed;
        for (std::uint32_t start : h.starts)
          EXPECT_FALSE(start > at && start < at + p.count) << "seed " << seed;
      }
  }
}

TEST(SubFrames, an_axis_that_is_not_there_gives_none) {
  const Held h = held({4000}, 2);
  SubFrameCutter cutter(2000, 4000);
  EXPECT_TRUE(cutter.cut(h.window, 2).empty());
}

TEST(SubFrames, a_window_longer_than_announced_gives_only_what_fits) {
  const Held h = held({20000});
  SubFrameCutter cutter(2000, 8000);
  EXPECT_LE(cutter.cut(h.window, 0).size(), 5u);
}

}  // namespace
}  // namespace torpor
