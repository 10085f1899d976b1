// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "toml/document.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

TomlDocument doc(std::string_view text) {
  auto parsed = TomlDocument::parse(text, "x.toml");
  EXPECT_TRUE(parsed) << (parsed ? "" : one_line(parsed.error()).view());
  return *std::move(parsed);
}

TEST(Toml, takes_values_by_path) {
  auto d = doc("a = 5\n[t]\nb = \"text\"\nc = true\n[[s]]\nx = 1\n[s.y]\nz = -2\n[[s]]\nx = 3\n");
  EXPECT_EQ(*d.integer("a", 0, 9), 5);
  EXPECT_EQ(*d.text("t.b", 1, 9), "text");
  EXPECT_TRUE(*d.boolean("t.c"));
  EXPECT_EQ(*d.count("s", 1, 4), 2u);
  EXPECT_EQ(*d.integer("s[0].x", 0, 9), 1);
  EXPECT_EQ(*d.integer("s[0].y.z", -9, 9), -2);
  EXPECT_EQ(*d.integer("s[1].x", 0, 9), 3);
  EXPECT_TRUE(d.finish().ok());
}

TEST(Toml, refuses_the_first_field_nobody_took_with_its_line) {
  auto d = doc("a = 5\n[t]\nlater = 1\n[aa]\nb = 2\n");
  ASSERT_TRUE(d.integer("a", 0, 9));
  const auto refused = d.finish();
  EXPECT_EQ(refused.error().reason, Reason::toml_unknown_field);
  EXPECT_EQ(refused.error().where.view(), "x.toml:3: t.later");
}

TEST(Toml, an_empty_unknown_table_is_an_unknown_field) {
  EXPECT_EQ(doc("[extra]\n").finish().error().reason, Reason::toml_unknown_field);
  EXPECT_EQ(doc("extra = []\n").finish().error().reason, Reason::toml_unknown_field);
}

TEST(Toml, a_misspelt_field_is_named_beside_the_one_that_is_missing) {
  auto field = doc("[duty]\nslep_ms = 1\n");
  const Error one = field.integer("duty.sleep_ms", 0, 9).error();
  EXPECT_EQ(one.reason, Reason::toml_missing_field);
  EXPECT_EQ(one.found.view(), "nothing, but slep_ms in line 2");
  auto table = doc("[queues]\nbatches = 1\n");
  EXPECT_EQ(table.integer("queue.batches", 0, 9).error().found.view(), "nothing, but queues in line 1");
  auto taken = doc("[duty]\nsleep = 1\n");
  ASSERT_TRUE(taken.integer("duty.sleep", 0, 9).ok());
  EXPECT_EQ(taken.integer("duty.sleeps", 0, 9).error().found.view(), "nothing") << "a field in its place";
  auto other = doc("[duty]\nnothing_like_it = 1\n");
  EXPECT_EQ(other.integer("duty.sleep_ms", 0, 9).error().found.view(), "nothing");
}

// A key of 20,000 dots took 250 MB, one of 64 KiB more than a machine has.
TEST(Toml, a_key_nested_deeper_than_any_field_is_refused_before_its_paths_are_written_out) {
  std::string text = "a";
  for (int i = 0; i < 8000; ++i) text += ".a";
  const auto document = TomlDocument::parse(text + " = 1\n", "deep.toml");
  ASSERT_FALSE(document.ok());
  EXPECT_EQ(document.error().reason, Reason::toml_syntax);
  EXPECT_EQ(document.error().where.view(), "deep.toml:1");
}

TEST(Toml, a_quoted_key_with_a_dot_is_not_a_nested_field) {
  auto d = doc("\"t.b\" = 1\n");
  EXPECT_EQ(d.integer("t.b", 0, 9).error().reason, Reason::toml_missing_field);
  EXPECT_EQ(d.finish().error().where.view(), "x.toml:1: \"t.b\"");
}

TEST(Toml, a_field_given_twice_is_a_duplicate_with_its_line) {
  for (const char* text :
       {"a = 1\na = 2\n", "[t]\nb = 1\n[t]\nc = 1\n", "[t]\nb = 1\nb = 1\n", "t.b = 1\n[t]\nc = 2\n",
        "a = 1\n[a]\nb = 1\n", "s = [1]\n[[s]]\nx = 1\n", "t = {b = 1, b = 2}\n"}) {
    auto parsed = TomlDocument::parse(text, "x.toml");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().reason, Reason::toml_duplicate_field) << text << one_line(parsed.error()).view();
  }
  EXPECT_TRUE(TomlDocument::parse("a = 1\na = 2\n", "x.toml").error().where.view().starts_with("x.toml:2:"));
}

TEST(Toml, broken_syntax_names_its_line) {
  const auto parsed = TomlDocument::parse("a = 1\nb = \n", "x.toml");
  EXPECT_EQ(parsed.error().reason, Reason::toml_syntax);
  EXPECT_TRUE(parsed.error().where.view().starts_with("x.toml:2:")) << parsed.error().where.view();
  EXPECT_EQ(TomlDocument::parse("a = \"\xff\"\n", "x.toml").error().reason, Reason::toml_syntax);
}

TEST(Toml, a_table_header_without_a_key_is_a_syntax_error_and_no_abort) {
  for (const char* text : {"a = 1\n[# x]\n", "a = 1\n[[,]]\n", "a = 1\n [ =]\n"}) {
    const auto parsed = TomlDocument::parse(text, "x.toml");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().reason, Reason::toml_syntax);
    EXPECT_TRUE(parsed.error().where.view().starts_with("x.toml:2")) << parsed.error().where.view();
  }
}

// Where white space may be, the parser asks whether it is one beyond ASCII.
TEST(Toml, a_letter_beyond_ascii_is_no_white_space) {
  for (const char* letter : {"\u00e4", "\u0416", "\u2e80", "\ufb26", "\ufefe"}) {
    const std::string text = letter;
    for (const std::string& broken : {text + "#", text + " = 1", "a " + text + " = 1", "a = 1 " + text}) {
      const auto refused = TomlDocument::parse(broken + "\n", "x.toml");
      ASSERT_FALSE(refused) << broken;
      EXPECT_EQ(refused.error().reason, Reason::toml_syntax) << broken;
    }
    auto d = doc("# " + text + "\na = \"\"\"\\\n" + text + "\"\"\"\n");
    EXPECT_EQ(*d.text("a", 1, 9), text);
  }
}

TEST(Toml, a_missing_field_is_placed_at_the_table_that_lacks_it) {
  auto d = doc("a = 1\n\n[t]\nb = 1\n");
  const auto missing = d.integer("t.c", 0, 9);
  EXPECT_EQ(missing.error().reason, Reason::toml_missing_field);
  EXPECT_EQ(missing.error().where.view(), "x.toml:3: t.c");
  EXPECT_EQ(missing.error().found.view(), "nothing");
}

TEST(Toml, another_type_is_named_with_the_one_expected) {
  auto d = doc("a = 5.0\nb = 5\nc = 2030-01-01T00:00:00\nd = 2030-01-01T00:00:00.5Z\n");
  const auto wrong = d.integer("a", 0, 9);
  EXPECT_EQ(wrong.error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(wrong.error().found.view(), "a float");
  EXPECT_EQ(wrong.error().expected.view(), "an integer");
  EXPECT_EQ(d.text("b", 0, 9).error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(d.time("b", 0, 9).error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(d.time("c", 0, 9).error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(d.time("d", 0, 9).error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(d.count("b", 0, 9).error().reason, Reason::toml_wrong_type);
  EXPECT_EQ(d.boolean("b").error().reason, Reason::toml_wrong_type);
}

TEST(Toml, a_value_out_of_range_is_named_with_the_bounds) {
  auto d = doc("a = 10\nb = \"text\"\ns = [1, 2]\n");
  const auto far = d.integer("a", 0, 9);
  EXPECT_EQ(far.error().reason, Reason::toml_out_of_range);
  EXPECT_EQ(far.error().found.view(), "10");
  EXPECT_EQ(far.error().expected.view(), "0 to 9");
  EXPECT_EQ(d.text("b", 5, 9).error().reason, Reason::toml_out_of_range);
  EXPECT_EQ(d.text("b", 0, 3).error().reason, Reason::toml_out_of_range);
  EXPECT_EQ(d.count("s", 3, 4).error().reason, Reason::toml_out_of_range);
}

TEST(Toml, times_become_seconds_and_honour_their_offset) {
  auto d = doc("a = 1970-01-01T00:00:00Z\nb = 2000-03-01T01:00:00+01:00\nc = 2100-01-01T00:00:00Z\n");
  EXPECT_EQ(*d.time("a", 0, 0), 0);
  EXPECT_EQ(*d.time("b", 0, 4'200'000'000), 951'868'800);
  EXPECT_EQ(*d.time("c", 0, 4'200'000'000), 4'102'444'800);
}

TEST(Toml, arrays_of_integers_are_taken_one_by_one) {
  auto d = doc("u = [1, 2]\n");
  ASSERT_EQ(*d.count("u", 0, 4), 2u);
  EXPECT_EQ(*d.integer("u[0]", 0, 9), 1);
  EXPECT_EQ(d.finish().error().where.view(), "x.toml:1: u[1]");
  EXPECT_EQ(*d.integer("u[1]", 0, 9), 2);
  EXPECT_TRUE(d.finish().ok());
}

}  // namespace
}  // namespace torpor
