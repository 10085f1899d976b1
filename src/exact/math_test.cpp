// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace torpor::det {
namespace {

// Distance in units of the last place of the exact value rounded to float.
double ulps(float got, long double exact) {
  const float nearest = static_cast<float>(exact);
  const double unit = std::nextafter(std::fabs(nearest), INFINITY) - std::fabs(nearest);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - exact)) / unit;
}
double ulps(double got, long double exact) {
  const auto nearest = static_cast<double>(exact);
  const double unit = std::nextafter(std::fabs(nearest), INFINITY) - std::fabs(nearest);
  return static_cast<double>(std::fabs(got - exact)) / unit;
}

TEST(Math, log_of_float_is_within_two_ulp_over_the_whole_range) {
  double worst = 0;
  for (std::uint32_t bits = 0x00800000; bits < 0x7f800000; bits += 4099) {
    const auto x = std::bit_cast<float>(bits);
    if (x > 0.9f && x < 1.1f) continue;  // the next test looks there closely
    worst = std::max(worst, ulps(log(x), std::log(static_cast<long double>(x))));
  }
  EXPECT_LE(worst, 2.0);
}

TEST(Math, log_of_float_keeps_relative_accuracy_around_one) {
  double worst = 0;
  for (float x = 0.9f; x < 1.1f; x = std::nextafter(x + 1e-6f, 2.0f))
    if (x != 1.0f) worst = std::max(worst, ulps(log(x), std::log(static_cast<long double>(x))));
  EXPECT_LE(worst, 2.0);
  EXPECT_EQ(log(1.0f), 0.0f);
}

TEST(Math, log_of_double_is_within_two_ulp) {
  double worst = 0;
  for (double x = 1e-300; x < 1e300; x *= 1.00731)
    worst = std::max(worst, ulps(log(x), std::log(static_cast<long double>(x))));
  for (double x = 0.6; x < 1.5; x += 1.37e-5)
    worst = std::max(worst, ulps(log(x), std::log(static_cast<long double>(x))));
  EXPECT_LE(worst, 2.0);
}

TEST(Math, log_of_nothing_or_less_is_a_finite_number) {
  EXPECT_NEAR(log(0.0f), -87.3365, 1e-3);
  EXPECT_EQ(log(0.0f), log(-5.0f));
  EXPECT_EQ(log(std::numeric_limits<float>::denorm_min()), log(0.0f));
  EXPECT_NEAR(log(0.0), -708.396, 1e-3);
  EXPECT_EQ(log(-std::numeric_limits<double>::infinity()), log(0.0));
}

TEST(Math, exp_of_float_is_within_two_ulp) {
  double worst = 0;
  for (double x = -86.9; x < 88; x += 0.000917) {
    const auto f = static_cast<float>(x);
    worst = std::max(worst, ulps(exp(f), std::exp(static_cast<long double>(f))));
  }
  EXPECT_LE(worst, 2.0);
  EXPECT_EQ(exp(0.0f), 1.0f);
}

TEST(Math, exp_of_double_is_within_two_ulp) {
  double worst = 0;
  for (double x = -707; x < 709; x += 0.00917)
    worst = std::max(worst, ulps(exp(x), std::exp(static_cast<long double>(x))));
  EXPECT_LE(worst, 2.0);
}

TEST(Math, exp_never_leaves_the_normal_numbers) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnormal(exp(-inf)));
  EXPECT_TRUE(std::isnormal(exp(inf)));
  EXPECT_TRUE(std::isnormal(exp(std::numeric_limits<double>::infinity())));
  EXPECT_TRUE(std::isnormal(exp(-std::numeric_limits<double>::infinity())));
}

TEST(Math, erf_is_within_two_parts_in_ten_million_and_odd) {
  double worst = 0;
  for (float x = -6; x < 6; x += 0.00091f) {
    worst = std::max(worst, std::fabs(erf(x) - std::erf(static_cast<double>(x))));
    ASSERT_EQ(erf(-x), -erf(x));
    ASSERT_LE(std::fabs(erf(x)), 1.0f);
  }
  EXPECT_LE(worst, 2e-7);
  EXPECT_EQ(erf(0.0f), 0.0f);
  EXPECT_EQ(erf(4.0f), 1.0f);
}

TEST(Math, log1p_is_accurate_where_one_plus_x_is_not) {
  for (double x = 1e-18; x < 1e6; x *= 1.37)
    EXPECT_LE(ulps(log1p(x), std::log1p(static_cast<long double>(x))), 4.0) << x;
}

TEST(Math, not_a_number_stays_one) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(log(nan)) && std::isnan(exp(nan)) && std::isnan(erf(nan)));
  EXPECT_TRUE(std::isnan(log(static_cast<double>(nan))) && std::isnan(exp(static_cast<double>(nan))));
}

TEST(Math, sine_and_cosine_of_a_turn_are_exact_at_the_quarters_and_close_between) {
  EXPECT_EQ(sin_cos_turn(0, 64).sin, 0.0);
  EXPECT_EQ(sin_cos_turn(16, 64).sin, 1.0);
  EXPECT_EQ(sin_cos_turn(16, 64).cos, 0.0);
  EXPECT_EQ(sin_cos_turn(-16, 64).sin, -1.0);
  EXPECT_EQ(sin_cos_turn(96, 64).cos, -1.0);
  for (std::int64_t n : {7, 64, 1000, 8192})
    for (std::int64_t k = -n; k <= 2 * n; ++k) {
      const long double a = 2 * std::numbers::pi_v<long double> * k / n;
      const SinCos w = sin_cos_turn(k, n);
      ASSERT_NEAR(w.sin, static_cast<double>(std::sin(a)), 4.5e-16) << k << "/" << n;
      ASSERT_NEAR(w.cos, static_cast<double>(std::cos(a)), 4.5e-16) << k << "/" << n;
    }
}

TEST(Math, rounds_ties_to_even_and_saturates) {
  EXPECT_EQ(round_half_even(0.5f), 0);
  EXPECT_EQ(round_half_even(1.5f), 2);
  EXPECT_EQ(round_half_even(2.5f), 2);
  EXPECT_EQ(round_half_even(-0.5f), 0);
  EXPECT_EQ(round_half_even(-1.5), -2);
  EXPECT_EQ(round_half_even(126.49999f), 126);
  EXPECT_EQ(round_half_even(1e20f), std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(round_half_even(-1e20f), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(round_half_even(std::numeric_limits<float>::quiet_NaN()), 0);
}

TEST(Math, four_lanes_equal_one) {
  for (float x = 0.001f; x < 80; x *= 1.01f) {
    const F4 v{x, -x, 1 / x, 3 * x};
    for (int j = 0; j < 4; ++j) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(log4(v)[j]), std::bit_cast<std::uint32_t>(log(v[j])));
      ASSERT_EQ(std::bit_cast<std::uint32_t>(exp4(v)[j]), std::bit_cast<std::uint32_t>(exp(v[j])));
      ASSERT_EQ(std::bit_cast<std::uint32_t>(erf4(v)[j]), std::bit_cast<std::uint32_t>(erf(v[j])));
    }
  }
}

}  // namespace
}  // namespace torpor::det
