// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/sequential.h"

#include <gtest/gtest.h>

#include <cmath>

namespace torpor {
namespace {

TEST(sequential, follows_the_recursion_as_it_stands_in_plain_numbers) {
  Sequential test;
  double r = 0;
  const double e[] = {0.4, 3, 0.4, 50, 0.9, 0.4};
  for (std::uint64_t cycle = 1; cycle <= 6; ++cycle) {
    r = e[cycle - 1] * (1 + r);
    EXPECT_TRUE(test.add(cycle, e[cycle - 1]));
    EXPECT_NEAR(test.log_evidence(), std::log(r), 1e-13);
  }
}

TEST(sequential, says_no_evidence_before_the_first_cycle) {
  EXPECT_EQ(Sequential().log_evidence(), kNoEvidence);
  Sequential test;
  EXPECT_TRUE(test.add(1, 0.4));
  EXPECT_GT(test.log_evidence(), kNoEvidence);
}

TEST(sequential, does_not_overflow_in_years_of_alarm) {
  Sequential test;
  for (std::uint64_t cycle = 1; cycle <= 100'000; ++cycle) EXPECT_TRUE(test.add(cycle, 50));
  EXPECT_NEAR(test.log_evidence(), 100'000 * std::log(50.0), 1);
}

TEST(sequential, counts_a_cycle_once) {
  Sequential test;
  EXPECT_TRUE(test.add(5, 40));
  const double before = test.log_evidence();
  EXPECT_FALSE(test.add(5, 40));
  EXPECT_FALSE(test.add(4, 40));
  EXPECT_EQ(test.log_evidence(), before);
}

TEST(sequential, a_cycle_never_added_leaves_r_as_it_was) {
  Sequential gaps, none;
  for (std::uint64_t cycle = 1; cycle <= 10; ++cycle) {
    EXPECT_TRUE(none.add(cycle, 1.3));
    EXPECT_TRUE(gaps.add(7 * cycle, 1.3));
  }
  EXPECT_EQ(gaps.log_evidence(), none.log_evidence());
}

TEST(sequential, interleaved_detectors_take_cycles_by_their_number_mod_8) {
  Sequential test(8);
  for (std::uint64_t cycle = 1; cycle <= 24; ++cycle) EXPECT_TRUE(test.add(cycle, cycle % 8 == 3 ? 20 : 0.5));
  Sequential alone;
  for (std::uint64_t cycle = 1; cycle <= 3; ++cycle) EXPECT_TRUE(alone.add(cycle, 20));
  EXPECT_EQ(test.state().log_r[3], alone.state().log_r[0]);
  EXPECT_EQ(test.log_evidence(), test.state().log_r[3]);
}

TEST(sequential, goes_on_from_its_state_bit_for_bit) {
  Sequential through, until(8);
  through = Sequential(8);
  for (std::uint64_t cycle = 1; cycle <= 50; ++cycle) {
    EXPECT_TRUE(through.add(cycle, 0.4 + 0.01 * static_cast<double>(cycle)));
    EXPECT_TRUE(until.add(cycle, 0.4 + 0.01 * static_cast<double>(cycle)));
    until = Sequential(until.state());
  }
  EXPECT_EQ(through.state().log_r, until.state().log_r);
}

}  // namespace
}  // namespace torpor
