// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/result.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

TEST(Error, is_made_in_one_expression_of_texts_and_numbers) {
  const Error error = Error{.reason = Reason::usage}.at("--speed").saw(-3).want("1 to ", 200u);
  EXPECT_EQ(one_line(error).view(), "usage: --speed: found -3, expected 1 to 200");
}

TEST(Error, a_part_is_added_to_what_is_there) {
  Error error{.reason = Reason::usage, .where = "a"};
  error.at("/", FixedString<4>("b")).at(1);
  EXPECT_EQ(error.where.view(), "a/b1");
}

// What it says to its peer and what its supervisor does are one fact.
TEST(Error, is_passing_where_a_supervisor_starts_the_process_again_and_final_where_not) {
  for (const Reason again :
       {Reason::io_failed, Reason::file_missing, Reason::peer_absent, Reason::bundle_missing,
        Reason::trust_missing, Reason::agreement_timeout, Reason::link_in_use, Reason::internal})
    EXPECT_TRUE(passing(again)) << name(again);
  for (const Reason final : {Reason::usage, Reason::bundle_signature, Reason::contract_expired,
                             Reason::file_unsafe, Reason::digest_differs, Reason::toml_syntax})
    EXPECT_FALSE(passing(final)) << name(final);
}

TEST(Result, reading_the_side_that_is_not_there_ends_the_program) {
  const Result<int> value = 7;
  const Result<int> error = Error{.reason = Reason::usage};
  const Status well;
  const auto ended = ::testing::ExitedWithCode(70);
  EXPECT_EXIT((void)value.error(), ended, "result.the_side_that_is_read_is_there");
  EXPECT_EXIT((void)*error, ended, "result.the_side_that_is_read_is_there");
  EXPECT_EXIT((void)well.error(), ended, "result.an_error_that_is_read_is_there");
}

}  // namespace
}  // namespace torpor
