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

// "found file, expected file": what is wrong is what nobody sees.
TEST(Error, shows_in_its_line_what_the_eye_would_miss) {
  const auto found = [](std::string_view text) {
    return std::string(one_line(Error{.reason = Reason::usage, .found = text}).view().substr(13));
  };
  EXPECT_EQ(found("\xef\xbb\xbf"
                  "file"),
            "\\ufefffile")
      << "a byte-order mark";
  EXPECT_EQ(found("a\xc2\xa0z"), "a\\u00a0z") << "a space that does not break";
  EXPECT_EQ(found("a\xe2\x80\x8b"), "a\\u200b") << "no width";
  EXPECT_EQ(found("\xe2\x80\xaex"), "\\u202ex") << "turns what follows around";
  EXPECT_EQ(found("a\tb\r\n\x7f"), "a\\x09b\\x0d\\x0a\\x7f") << "one line, whatever was read";
  EXPECT_EQ(found("g "), "g\\x20");
  EXPECT_EQ(found("  g"), "\\x20 g");
  EXPECT_EQ(found(" "), "\\x20");
  EXPECT_EQ(found("m/s\xc2\xb2 \xe2\x80\x9cquoted\xe2\x80\x9d \xc3\xbc \xf0\x9f\x99\x82"),
            "m/s\xc2\xb2 \xe2\x80\x9cquoted\xe2\x80\x9d \xc3\xbc \xf0\x9f\x99\x82")
      << "what is seen stays";
  EXPECT_EQ(found("\xe2\x80"), "\xe2\x80") << "half a character, cut to fit";
  EXPECT_EQ(one_line(Error{.reason = Reason::usage, .where = "a\nb", .expected = "c\n"}).view(),
            "usage: a\\x0ab: expected c\\x0a");
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
