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
