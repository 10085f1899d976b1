// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "spelling/nearest.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

TEST(Nearest, counts_the_slips_of_a_typing_hand) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("sign", "sign"), 0u);
  EXPECT_EQ(edit_distance("", "sign"), 4u);
  EXPECT_EQ(edit_distance("sgn", "sign"), 1u);
  EXPECT_EQ(edit_distance("siign", "sign"), 1u);
  EXPECT_EQ(edit_distance("sigm", "sign"), 1u);
  EXPECT_EQ(edit_distance("sing", "sign"), 1u) << "neighbours swapped are one slip";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("sign", "sing"), edit_distance("sing", "sign"));
}

TEST(Nearest, guesses_only_where_a_guess_helps) {
  const std::vector<std::string> verbs = {"key", "contract", "trace", "report"};
  EXPECT_EQ(nearest("contarct", verbs), "contract");
  EXPECT_EQ(nearest("rport", verbs), "report");
  EXPECT_EQ(nearest("xyzzy", verbs), "");
  EXPECT_EQ(nearest("", verbs), "");
  EXPECT_EQ(nearest("go", {"up"}), "") << "every letter would be another";
  EXPECT_EQ(nearest("trac", {"track", "trace"}), "track") << "the first of equally near ones";
  EXPECT_EQ(nearest("trace", {}), "");
}

}  // namespace
}  // namespace torpor
