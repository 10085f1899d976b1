// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/sum.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

namespace torpor::det {
namespace {

std::vector<float> noise(std::size_t n) {
  std::vector<float> x(n);
  std::uint32_t state = 12345;
  for (float& v : x) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
  }
  return x;
}

// The definition, word by word.
float by_definition(const std::vector<float>& terms) {
  float p[16] = {};
  for (std::size_t i = 0; i < terms.size(); ++i) p[i % 16] += terms[i];
  float q[8];
  for (int j = 0; j < 8; ++j) q[j] = p[j] + p[j + 8];
  float r[4];
  for (int j = 0; j < 4; ++j) r[j] = q[j] + q[j + 4];
  const float s[2] = {r[0] + r[2], r[1] + r[3]};
  return s[0] + s[1];
}

TEST(Sum, follows_its_definition_bit_for_bit_at_every_length) {
  const auto all = noise(200);
  for (std::size_t n = 0; n <= all.size(); ++n) {
    std::vector<float> x(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(sum(std::span<const float>(x)), by_definition(x)) << n;
    std::vector<float> squares = x;
    for (float& v : squares) v *= v;
    EXPECT_EQ(sum_squares(x), by_definition(squares)) << n;
    std::vector<float> fourth = x;
    for (float& v : fourth) v = ((v - 0.25f) * (v - 0.25f)) * ((v - 0.25f) * (v - 0.25f));
    EXPECT_EQ(central_sums(x, 0.25f).fourth, by_definition(fourth)) << n;
  }
}

TEST(Sum, does_not_depend_on_alignment) {
  const auto all = noise(1001);
  std::vector<float> moved(all.size() + 1);
  std::copy(all.begin(), all.end(), moved.begin() + 1);
  EXPECT_EQ(sum(std::span<const float>(all)), sum(std::span<const float>(moved).subspan(1)));
}

TEST(Sum, of_doubles_is_near_the_exact_one) {
  std::vector<double> x;
  long double exact = 0;
  for (float v : noise(10007)) {
    x.push_back(v);
    exact += v;
  }
  EXPECT_NEAR(sum(std::span<const double>(x)), static_cast<double>(exact), 1e-12);
}

TEST(Sum, finds_the_largest_distance_from_a_centre) {
  std::vector<float> x = noise(103);
  for (std::size_t at : {0u, 50u, 102u}) {
    auto y = x;
    y[at] = -7;
    EXPECT_EQ(max_abs(y, 1.0f), 8.0f) << at;
  }
  EXPECT_EQ(max_abs({}, 1.0f), 0.0f);
}

}  // namespace
}  // namespace torpor::det
