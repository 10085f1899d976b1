// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/window_cutter.h"

#include <gtest/gtest.h>

#include <numeric>

namespace torpor::train {
namespace {

RealMachine ramp(std::size_t samples, std::size_t block_len) {
  RealMachine real{"test/machine/x", 12000, {}};
  std::vector<float> x(samples);
  std::iota(x.begin(), x.end(), 0.0f);
  real.tracks.push_back({std::move(x), 25, block_len});
  return real;
}

TEST(WindowCutter, an_index_is_below_the_count_whatever_the_part_was_rounded_to) {
  for (const std::size_t n : {1u, 2u, 3u, 1000u}) {
    EXPECT_EQ(index_at(0, n), 0u);
    EXPECT_EQ(index_at(1, n), n - 1);
    EXPECT_EQ(index_at(1.09, n), n - 1);
  }
  EXPECT_EQ(index_at(0.5, 4), 2u);
}

TEST(WindowCutter, the_last_place_of_a_stretch_ends_inside_it) {
  for (const std::size_t block_len : {0u, 700u}) {
    const RealMachine real = ramp(42000, block_len);
    for (const double decimation : {1.0, 1.7}) {
      const WindowCutter cutter(real, decimation);
      for (const double part : {0.0, 0.5, 1.0, 1.2}) {
        std::vector<float> window;
        Span span;
        ASSERT_TRUE(cutter.cut({0, 7000, 35000, 25}, part, 1.1, window, span));
        EXPECT_EQ(window.size(), cutter.samples());
        EXPECT_GE(span.first, 7000u);
        EXPECT_LE(span.last, 35000u);
      }
    }
  }
}

TEST(WindowCutter, a_window_reads_what_its_span_names) {
  const RealMachine real = ramp(42000, 0);
  const WindowCutter cutter(real, 1);
  std::vector<float> window;
  Span span;
  ASSERT_TRUE(cutter.cut({0, 0, 42000, 25}, 0.3, 1, window, span));
  EXPECT_NEAR(double{window.front()}, static_cast<double>(span.first), 1.5);
  EXPECT_NEAR(double{window.back()}, static_cast<double>(span.last), 2.5);
}

TEST(WindowCutter, a_stretch_shorter_than_a_window_has_none) {
  const RealMachine real = ramp(42000, 0);
  const WindowCutter cutter(real, 1);
  std::vector<float> window;
  Span span;
  EXPECT_FALSE(cutter.cut({0, 0, cutter.samples(), 25}, 0, 1, window, span));
  EXPECT_TRUE(cutter.cut({0, 0, cutter.samples() + 2, 25}, 0, 1, window, span));
}

}  // namespace
}  // namespace torpor::train
