// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/random.h"

#include <gtest/gtest.h>

namespace torpor::det {
namespace {

// From the reference implementation (Vigna, splitmix64.c) started at 1234567.
TEST(SplitMix64, gives_the_reference_sequence) {
  SplitMix64 random(1234567);
  for (const std::uint64_t want : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                   4593380528125082431u, 16408922859458223821u})
    EXPECT_EQ(random.next(), want);
}

TEST(SplitMix64, uniform_stays_below_one) {
  SplitMix64 random(7);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace torpor::det
