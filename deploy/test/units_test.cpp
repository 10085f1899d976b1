// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// What the shipped units do with an exit code is what the table of exit codes says.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "base/fake/places.h"

namespace torpor {
namespace {

// The words of a setting; settings that are given twice add up, as systemd reads lists.
std::multiset<std::string> setting(const std::string& unit, const std::string& name) {
  std::ifstream file(in_source("deploy/systemd/" + unit));
  std::multiset<std::string> words;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + "=", 0) != 0) continue;
    std::istringstream rest(line.substr(name.size() + 1));
    for (std::string word; rest >> word;) words.insert(word);
  }
  return words;
}

class Unit : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Roles, Unit, testing::Values("torpord.service", "torpor-sampler.service"),
                         [](const auto& unit) {
                           const std::string name = unit.param;
                           return name == "torpord.service" ? "detector" : "sampler";
                         });

TEST_P(Unit, stays_down_after_exactly_the_codes_that_a_restart_does_not_change) {
  enum { stay, restart };
  std::multiset<std::string> wanted;
#define TORPOR_EXIT(code, group, restarts, meaning, note) \
  if (restarts == stay) wanted.insert(#code);
#include "base/exits.def"
#undef TORPOR_EXIT
  EXPECT_EQ(setting(GetParam(), "RestartPreventExitStatus"), wanted);
}

TEST_P(Unit, comes_back_after_every_other_failure_and_calls_none_a_success) {
  EXPECT_EQ(setting(GetParam(), "Restart"), std::multiset<std::string>{"on-failure"});
  EXPECT_EQ(setting(GetParam(), "RestartForceExitStatus"), std::multiset<std::string>{});
  EXPECT_EQ(setting(GetParam(), "SuccessExitStatus"), std::multiset<std::string>{"SIGTERM"});
}

}  // namespace
}  // namespace torpor
