// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// One form of error for all verbs, through the real command.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/fake/torpor_call.h"

namespace torpor {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kVerbs = {
#define TORPOR_VERB(name) #name,
#include "cli/verbs.def"
#undef TORPOR_VERB
};

// A call of each verb that cannot go well; each takes --json.
std::vector<std::vector<std::string>> calls_that_fail() {
  const std::string none = "/no/such/place";
  return {{"key", "new", "--out", "/dev/null/keys"},
          {"contract", "check", none},
          {"contract", "sign", none, "--key", none, "--out", none},
          {"contract", "verify", none, "--trust", none},
          {"contract", "show", none},
          {"contract", "diff", none, none},
          {"model", "inspect", none},
          {"model", "verify", none},
          {"baseline", "show", "--state", none},
          {"baseline", "accept", "--state", none, "--reason", "test"},
          {"baseline", "reset", "--state", none, "--reason", "test"},
          {"maintenance", "sign", "--alarm", "none", "--work", "repaired", "--sequence", "1", "--key", none,
           "--out", none},
          {"maintenance", "apply", none, "--trust", none, "--site", none, "--state", none},
          {"trace", none},
          {"report", none},
          {"telemetry", "decommission", "--site", none},
          {"eval", "--pack", none, "--protocol", "same", "--window-s", "1", "--out", none},
          {"bench", "energy", "--site", none},
          {"doctor", "--site", none}};
}

std::string words(const std::vector<std::string>& call) {
  std::string text;
  for (const std::string& word : call) text += " " + word;
  return text;
}

class ErrorFormTest : public TorporCallTest {
 protected:
  // The error object of a call with --json, held against all that its form promises.
  nlohmann::json error_of(std::vector<std::string> call) {
    call.push_back("--json");
    const Ended ended = torpor(call);
    EXPECT_EQ(ended.err, "") << words(call);
    const auto json = nlohmann::json::parse(ended.out, nullptr, false);
    EXPECT_TRUE(json.is_object() && json.size() == 1 && json.contains("error")) << words(call) << ended.out;
    if (!json.is_object() || !json.contains("error")) return {};
    const auto& error = json["error"];
    for (const char* key : {"reason", "where", "found", "expected", "next_step"})
      EXPECT_TRUE(error.contains(key) && error[key].is_string()) << key << words(call);
    EXPECT_EQ(error.size(), 6u) << error;
    EXPECT_EQ(error["exit_code"], ended.code) << words(call);
    EXPECT_NE(error["reason"], "");
    EXPECT_NE(error["next_step"], "");
    return error;
  }
};

TEST_F(ErrorFormTest, under_json_an_error_of_every_verb_is_one_object_on_stdout) {
  for (const auto& call : calls_that_fail()) EXPECT_GE(error_of(call)["exit_code"], 64) << words(call);
}

TEST_F(ErrorFormTest, without_json_it_is_two_lines_on_stderr_under_the_name_of_the_verb) {
  for (const auto& call : calls_that_fail()) {
    const Ended ended = torpor(call);
    EXPECT_GE(ended.code, 64) << words(call);
    EXPECT_EQ(ended.out, "") << words(call);
    std::string name = "torpor " + call[0];
    if (call[1][0] != '/' && call[1][0] != '-') name += " " + call[1];
    EXPECT_EQ(ended.err.find(name + ": "), 0u) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("\n  ")) << "the next step";
  }
}

TEST_F(ErrorFormTest, no_verb_is_left_out_above) {
  std::set<std::string> seen;
  for (const auto& call : calls_that_fail()) seen.insert(call[0]);
  for (const std::string& verb : kVerbs)
    EXPECT_TRUE(verb == "demo" || seen.count(verb) == 1) << verb << " (demo has no --json)";
}

TEST_F(ErrorFormTest, help_lists_the_verbs_in_the_order_of_their_table) {
  const Ended help = torpor({"--help"});
  EXPECT_EQ(help.code, 0);
  std::size_t from = help.out.find("Subcommands:");
  for (const std::string& verb : kVerbs) {
    from = help.out.find("\n  " + verb + " ", from);
    ASSERT_NE(from, std::string::npos) << verb;
    const Ended own = torpor({verb, "--help"});
    EXPECT_EQ(own.code, 0);
    EXPECT_THAT(own.out, testing::AnyOf(HasSubstr("xample:"), HasSubstr("xamples:"))) << verb;
  }
}

TEST_F(ErrorFormTest, a_misspelt_word_is_named_with_the_one_that_was_meant) {
  struct Case {
    std::vector<std::string> call;
    const char* found;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {{"contarct", "sign", "x"}, "contarct", "perhaps contract"},
      {{"contract", "sing", "x"}, "sing", "perhaps sign"},
      {{"contract", "show", "x", "--jsno"}, "--jsno", "perhaps --json"},
      {{"trace", "x", "--lats=3"}, "--lats", "perhaps --last"},
      {{"bench", "energy", "--site", "--sites", "--ciycles", "3"}, "--ciycles", "perhaps --cycles"},
      {{"baseline", "xyzzy"}, "xyzzy", "show, accept, reset"},
  };
  for (const Case& c : cases) {
    const Ended ended = torpor(c.call);
    EXPECT_EQ(ended.code, 64) << words(c.call);
    EXPECT_THAT(ended.err, HasSubstr(std::string("found ") + c.found + ", expected " + c.expected + "\n"));
    const auto error = error_of(c.call);
    EXPECT_EQ(error["found"], c.found);
    EXPECT_EQ(error["expected"], c.expected);
    EXPECT_EQ(error["exit_code"], 64);
  }
}

TEST_F(ErrorFormTest, any_other_wrong_command_line_names_the_option) {
  const auto error = [&](const std::vector<std::string>& call) { return error_of(call); };
  EXPECT_EQ(error({"contract", "sign", "x", "--key", "y"})["where"], "--out");
  EXPECT_EQ(error({"bench", "energy", "--sets", "0"})["where"], "--sets");
  EXPECT_EQ(error({"trace", "x", "--last", "many"})["where"], "--last");
  EXPECT_EQ(error({"trace", "x", "--last", "many"})["found"], "many");
  EXPECT_EQ(error({"contract", "show", "x", "y"})["found"], "y");
}

TEST_F(ErrorFormTest, every_program_has_the_version_of_this_build) {
  const Ended first = torpor({"--version"});
  EXPECT_EQ(first.code, 0);
  const std::string rest = first.out.substr(first.out.find(' '));
  for (const char* program : {"torpor", "torpord", "torpor-sampler", "torpor-infer"}) {
    const Ended ended = call(program, {"--version"});
    EXPECT_EQ(ended.code, 0) << program;
    EXPECT_EQ(ended.err, "");
    EXPECT_THAT(ended.out, testing::MatchesRegex("[a-z-]+ [0-9]+\\.[0-9]+\\.[0-9]+\n  commit   [0-9a-z-]+\n"
                                                 "  build    [A-Za-z]+, [^\n]+\n(  kernels  [a-z0-9-]+\n)?"));
    EXPECT_EQ(ended.out.find(std::string(program) + " "), 0u) << ended.out;
    // The sampler runs no network.
    if (std::string(program) != "torpor-sampler") {
      EXPECT_EQ(ended.out.substr(ended.out.find(' ')), rest) << program;
    }
  }
}

}  // namespace
}  // namespace torpor
