// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "program/command_line.h"

#include <gtest/gtest.h>

#include "program/version.h"

namespace torpor {
namespace {

// A program with two levels of verbs, as torpor has; told errors are kept.
class CommandLineTest : public ::testing::Test {
 protected:
  std::optional<int> parse(const std::vector<const char*>& words) {
    CLI::App app("for tests", "prog");
    app.require_subcommand(1);
    CLI::App* group = app.add_subcommand("contract", "");
    group->require_subcommand(1);
    CLI::App* sign = group->add_subcommand("sign", "");
    sign->add_option("FILE", file_, "")->required();
    sign->add_option("--out", out_, "")->required();
    sign->add_option("--sets", sets_, "")->check(CLI::Range(1, 9));
    sign->add_option("--last", last_, "");
    sign->add_option("--sequence", sequence_, "");
    sign->add_option("--cycles", cycles_, "");
    sign->add_option("--speed", speed_, "");
    sign->add_flag("--json", json_, "");
    std::vector<const char*> argv = {"prog"};
    argv.insert(argv.end(), words.begin(), words.end());
    return parse_command_line(
        app, static_cast<int>(argv.size()), argv.data(), [] { return version_text("prog"); },
        [this](const std::string& who, const Error& error) {
          who_ = who;
          error_ = error;
        });
  }

  std::string file_, out_, who_;
  int sets_ = 0;
  int last_ = 0;
  std::optional<std::int64_t> sequence_;
  std::uint64_t cycles_ = 0;
  double speed_ = 0;
  bool json_ = false;
  Error error_;
};

TEST_F(CommandLineTest, a_right_one_goes_on) {
  EXPECT_EQ(parse({"contract", "sign", "a.toml", "--out", "b", "--json"}), std::nullopt);
  EXPECT_EQ(file_, "a.toml");
  EXPECT_TRUE(json_);
  EXPECT_EQ(who_, "");
}

TEST_F(CommandLineTest, the_value_of_an_option_is_no_misspelt_verb_and_a_flag_takes_none) {
  EXPECT_EQ(parse({"contract", "sign", "--out", "--weird", "--json", "--sest", "2"}), 64);
  EXPECT_EQ(who_, "prog contract sign");
  EXPECT_EQ(error_.found.view(), "--sest");
  EXPECT_EQ(error_.expected.view(), "perhaps --sets");
}

TEST_F(CommandLineTest, a_missing_verb_lists_what_there_is) {
  EXPECT_EQ(parse({"contract"}), 64);
  EXPECT_EQ(who_, "prog contract");
  EXPECT_EQ(error_.where.view(), "verb");
  EXPECT_EQ(error_.expected.view(), "sign");
}

TEST_F(CommandLineTest, a_value_out_of_range_and_one_of_another_type_name_the_option) {
  EXPECT_EQ(parse({"contract", "sign", "f", "--out", "o", "--sets", "10"}), 64);
  EXPECT_EQ(error_.where.view(), "--sets");
  EXPECT_EQ(parse({"contract", "sign", "f", "--out", "o", "--last", "x"}), 64);
  EXPECT_EQ(error_.where.view(), "--last");
  EXPECT_EQ(error_.found.view(), "x");
}

// Seen: --sequence 0012 signed 10, and --cycles -1 were 2^64 - 1.
TEST_F(CommandLineTest, numbers_are_decimal_as_a_person_wrote_them) {
  const auto parse_with = [&](const char* option, const char* value) {
    return parse({"contract", "sign", "f", "--out", "o", option, value});
  };
  EXPECT_EQ(parse_with("--sequence", "0012"), std::nullopt);
  EXPECT_EQ(sequence_, 12);
  EXPECT_EQ(parse_with("--sequence", "-0012"), std::nullopt);
  EXPECT_EQ(sequence_, -12);
  EXPECT_EQ(parse_with("--sequence", "000"), std::nullopt);
  EXPECT_EQ(sequence_, 0);
  EXPECT_EQ(parse_with("--cycles", "08"), std::nullopt);
  EXPECT_EQ(cycles_, 8u);
  EXPECT_EQ(parse_with("--cycles", "18446744073709551615"), std::nullopt);
  EXPECT_EQ(cycles_, 18'446'744'073'709'551'615u);
  EXPECT_EQ(parse_with("--speed", "012.50"), std::nullopt);
  EXPECT_EQ(speed_, 12.5);
  const std::pair<const char*, std::vector<const char*>> wrong[] = {
      {"--sequence",
       {"0x10", "0b1", "0o7", "1_000", "1'000", " 7", "7 ", "+7", "1e3", "7.0", "", "-", "--7",
        "9223372036854775808"}},
      {"--cycles", {"-1", "0x10", "18446744073709551616"}},
      {"--speed", {"0x1p3", "nan", "inf", "1,5", "", "1e999", "."}}};
  for (const auto& [option, values] : wrong) {
    for (const char* value : values) {
      error_ = {};
      EXPECT_EQ(parse_with(option, value), 64) << option << " '" << value << "'";
      EXPECT_EQ(error_.where.view(), option) << value;
      EXPECT_EQ(error_.found.view(), *value == 0 ? "nothing" : value) << option;
      EXPECT_EQ(error_.expected.view(), "a decimal number in range") << value;
    }
  }
}

TEST_F(CommandLineTest, a_value_out_of_range_is_told_with_the_range) {
  EXPECT_EQ(parse({"contract", "sign", "f", "--out", "o", "--sets", "10"}), 64);
  EXPECT_EQ(error_.found.view(), "10");
  EXPECT_EQ(error_.expected.view(), "1 to 9");
}

TEST_F(CommandLineTest, words_too_many_are_named) {
  EXPECT_EQ(parse({"contract", "sign", "f", "g", "--out", "o"}), 64);
  EXPECT_EQ(error_.where.view(), "command line");
  EXPECT_EQ(error_.found.view(), "g");
}

TEST(Version, begins_with_program_and_version_alone_on_a_line) {
  const std::string text = version_text("torpord", "reference");
  EXPECT_EQ(text.substr(0, text.find('\n')), "torpord " + std::string(build_facts().version));
  EXPECT_NE(text.find("kernels  reference"), std::string::npos);
  EXPECT_EQ(version_text("torpor-sampler").find("kernels"), std::string::npos);
  EXPECT_FALSE(build_facts().commit.empty());
}

}  // namespace
}  // namespace torpor
