// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace torpor::train {
namespace {

std::vector<float> tone(double per_sample, std::size_t n) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<float>(std::sin(per_sample * static_cast<double>(i)));
  return x;
}

double rms(std::span<const float> x) {
  double sum = 0;
  for (float v : x) sum += double{v} * double{v};
  return std::sqrt(sum / static_cast<double>(x.size()));
}

TEST(Resample, reads_a_tone_at_any_step_as_the_same_tone) {
  const auto in = tone(0.2, 4000);
  std::vector<float> out(1500);
  read_at(in, 100.25, 1.37, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    ASSERT_NEAR(double{out[i]}, std::sin(0.2 * (100.25 + 1.37 * static_cast<double>(i))), 3e-3);
}

TEST(Resample, lets_nothing_through_that_would_be_aliased) {
  const auto in = tone(2.6, 8000);  // above half of a quarter of the rate
  std::vector<float> out(1500);
  read_at(in, 200, 4, out);
  EXPECT_LT(rms(out), 0.01);
}

}  // namespace
}  // namespace torpor::train
