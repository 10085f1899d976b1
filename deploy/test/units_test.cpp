// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors

// What the shipped units promise: what they do with an exit code, what they may touch, when they
// come back.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "base/fake/places.h"
#include "deploy/test/command.h"

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

TEST_P(Unit, is_never_given_up_and_comes_back_within_the_peers_patience) {
  EXPECT_EQ(setting(GetParam(), "StartLimitIntervalSec"), std::multiset<std::string>{"0"});
  const auto pause = setting(GetParam(), "RestartSec");
  ASSERT_EQ(pause.size(), 1u);
  std::ifstream site(in_source("examples/site.toml"));
  long patience_ms = 0;
  for (std::string line; std::getline(site, line);)
    if (line.rfind("timeout_ms = ", 0) == 0) patience_ms = std::stol(line.substr(13));
  // Else two roles that start again and again could miss each other for ever.
  EXPECT_LT(std::stol(*pause.begin()) * 1000, patience_ms);
}

// The call behind "is the clock synchronised?" is also the one that sets it. Where it is refused
// every robot takes its clock for unsynchronised, and its telemetry waits for ever.
TEST_P(Unit, may_ask_whether_the_clock_is_synchronised) {
  EXPECT_EQ(setting(GetParam(), "ProtectClock").count("yes"), 0u);
  const auto calls = setting(GetParam(), "SystemCallFilter");
  EXPECT_EQ(calls.count("adjtimex"), 1u);
  EXPECT_EQ(calls.count("clock_adjtime"), 1u);
}

// Who can open a directory can lock it, and a role that finds its state locked does not start.
TEST_P(Unit, keeps_its_state_from_being_opened_by_others) {
  EXPECT_EQ(setting(GetParam(), "StateDirectoryMode"), std::multiset<std::string>{"0751"});
}

TEST(RestartUnit, acts_on_a_new_bundle_and_on_a_new_trust_file) {
  EXPECT_EQ(setting("torpor-bundle.path", "PathChanged"),
            (std::multiset<std::string>{"/etc/torpor/robot.bundle", "/etc/torpor/trust"}));
  // One that is started too often would end the watching with it.
  EXPECT_EQ(setting("torpor-bundle.service", "StartLimitIntervalSec"), std::multiset<std::string>{"0"});
}

// What `systemd-analyze security` makes of a unit, with a drop-in where one is named.
struct Exposure {
  const char* name;
  const char* unit;
  const char* drop_in;  // null: none
  const char* at_most;
};
std::ostream& operator<<(std::ostream& out, const Exposure& row) { return out << row.name; }
class Exposed : public testing::TestWithParam<Exposure> {};
INSTANTIATE_TEST_SUITE_P(Units, Exposed,
                         testing::Values(Exposure{"detector", "torpord.service", nullptr, "20"},
                                         Exposure{"detector_gpu", "torpord.service", "torpord-gpu.conf",
                                                  "20"},
                                         Exposure{"sampler", "torpor-sampler.service", nullptr, "20"},
                                         Exposure{"sampler_suspend", "torpor-sampler.service",
                                                  "torpor-sampler-suspend.conf", "20"},
                                         Exposure{"restarter", "torpor-bundle.service", nullptr, "30"}),
                         testing::PrintToStringParamName());

TEST_P(Exposed, is_no_more_than_it_needs) {
  if (!has_command("systemd-analyze")) GTEST_SKIP() << "no systemd-analyze here (Debian: systemd)";
  const Exposure& e = GetParam();
  const TemporaryDirectory place;
  const std::string unit = place.at(e.unit);
  std::filesystem::copy_file(in_source(std::string("deploy/systemd/") + e.unit), unit);
  if (e.drop_in != nullptr) {
    std::filesystem::create_directory(unit + ".d");
    std::filesystem::copy_file(in_source(std::string("deploy/systemd/") + e.drop_in),
                               unit + ".d/" + e.drop_in);
  }
  const CommandOutput judged =
      run_command("SYSTEMD_COLORS=0 systemd-analyze security --no-pager --offline=true --threshold=" +
                  std::string(e.at_most) + " " + unit);
  EXPECT_EQ(judged.status, 0) << judged.text;
  EXPECT_NE(judged.text.find("Overall exposure level"), std::string::npos) << judged.text;
  // A setting systemd does not know would count for nothing, and say so.
  EXPECT_EQ(judged.text.find("Unknown"), std::string::npos) << judged.text;
}

}  // namespace
}  // namespace torpor
