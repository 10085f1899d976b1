// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/assertion.h"

#include <gtest/gtest.h>

namespace {

TEST(Assertion, that_holds_does_nothing) { TORPOR_ASSERT(1 + 1 == 2, "test.sums_are_right"); }

TEST(Assertion, that_is_broken_ends_the_process_by_name_with_70) {
  EXPECT_EXIT(TORPOR_ASSERT(1 + 1 == 3, "test.sums_are_right"), ::testing::ExitedWithCode(70),
              "torpor: internal: test.sums_are_right");
}

}  // namespace
