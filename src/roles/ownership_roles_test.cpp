// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// One directory, one owner: what a second process is told, and what a killed one left.
#include <unistd.h>

#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class OwnershipTest : public RolesTest {
 protected:
  void SetUp() override {
    RolesTest::SetUp();
    sign("examples/demo.toml", at("detector.bundle"));
    std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  }
  void put(const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::ofstream(at(name)) << "half of a wri";
  }
  bool there(const std::string& name) const { return std::filesystem::exists(at(name)); }
  // A role beside the ones that run; what it says is in second.log.
  int second(std::vector<std::string> command, const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
    auto child = ChildProcess::start(command, at("second.log"));
    EXPECT_TRUE(child.ok());
    return wait_for(*child);
  }
};

TEST_F(OwnershipTest, a_second_role_with_a_directory_in_use_is_refused_and_disturbs_nobody) {
  ChildProcess sampler = start_sampler("20");
  ChildProcess detector = start_detector("20", "20");
  while (reports().size() < 2 && !detector.exit_code()) ::usleep(2000);

  EXPECT_EQ(second(role("torpor-sampler", "sampler", "20"), {"--source", "sim:9"}), 75);
  EXPECT_NE(slurp(at("second.log")).find("directory_locked: " + at("sampler")), std::string::npos)
      << slurp(at("second.log"));
  const std::vector<std::string> rest = {"--model", source_file("data/detector.model"), "--cycles", "1",
                                         "--reports"};
  auto same_state = rest;
  same_state.push_back(at("other_reports"));
  EXPECT_EQ(second(role("torpord", "detector", "20"), same_state), 75);
  // Another state, but the reports of the one that runs.
  std::filesystem::copy_file(at("detector.bundle"), at("other.bundle"));
  auto same_reports = rest;
  same_reports.push_back(at("reports"));
  EXPECT_EQ(second(role("torpord", "other", "20"), same_reports), 75);
  EXPECT_NE(slurp(at("second.log")).find("directory_locked: " + at("reports")), std::string::npos)
      << slurp(at("second.log"));

  EXPECT_EQ(wait_for(detector), 0) << logs();
  EXPECT_EQ(wait_for(sampler), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 20u);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].cycle, i + 1);
  for (const char* note : {"detector/refusal.json", "sampler/refusal.json", "other/refusal.json"})
    EXPECT_FALSE(there(note)) << note;
}

// What lies in them is believed at the next start: the counter, the baseline, the budget.
TEST_F(OwnershipTest, a_directory_that_others_may_fill_is_refused_with_77_and_nothing_is_left_in_it) {
  const std::vector<std::string> detects = {
      "--model", source_file("data/detector.model"), "--cycles", "1", "--reports", at("reports")};
  const auto refused_for = [&](const std::string& fault, const std::string& fill) {
    const bool sampler = fill == "sampler";
    EXPECT_EQ(second(role(sampler ? "torpor-sampler" : "torpord", sampler ? "sampler" : "detector", "50"),
                     sampler ? std::vector<std::string>{"--source", "sim:7"} : detects),
              77);
    const std::string said = slurp(at("second.log"));
    EXPECT_NE(said.find("file_unsafe: " + fault), std::string::npos) << said;
    EXPECT_TRUE(std::filesystem::is_empty(at(fill))) << fill;
  };
  std::filesystem::create_directory(at("reports"));
  for (const char* name : {"sampler", "detector"}) {
    for (const unsigned mode : {0777u, 01777u, 0757u}) {
      std::filesystem::permissions(at(name), std::filesystem::perms(mode));
      refused_for(at(name), name);
    }
    std::filesystem::permissions(at(name), std::filesystem::perms(0755));
    if (::getuid() != 0) continue;  // only root gives directories away
    ASSERT_EQ(::chown(at(name).c_str(), 4711, 4711), 0);
    refused_for(at(name), name);
    ASSERT_EQ(::chown(at(name).c_str(), 0, 0), 0);
  }
  ChildProcess sampler = start_sampler("50");
  std::filesystem::permissions(at("reports"), std::filesystem::perms(0777));
  refused_for(at("reports"), "reports");
  EXPECT_NE(slurp(at("detector/refusal.json")).find("file_unsafe"), std::string::npos)
      << "the state is its own, and there it is said";
}

TEST_F(OwnershipTest, a_state_that_lies_below_what_others_may_write_is_refused_and_the_part_is_named) {
  std::filesystem::create_directories(at("open/deep"));
  std::filesystem::permissions(at("open"), std::filesystem::perms(0777));
  std::filesystem::copy_file(at("sampler.bundle"), at("open/deep/sampler.bundle"));
  auto command = role("torpor-sampler", "sampler", "50");
  for (std::string& word : command)
    if (word == at("sampler")) word = at("open/deep/sampler");
  EXPECT_EQ(second(command, {"--source", "sim:7"}), 77);
  EXPECT_NE(slurp(at("second.log")).find("file_unsafe: " + at("open")), std::string::npos)
      << slurp(at("second.log"));
  std::filesystem::permissions(at("open"), std::filesystem::perms(0755));
}

TEST_F(OwnershipTest, what_killed_writes_left_is_swept_at_the_next_start) {
  std::string site = slurp(at("site.toml"));
  const std::string none = "textfile = \"\"";
  ASSERT_NE(site.find(none), std::string::npos);
  site.replace(site.find(none), none.size(), "textfile = \"" + at("collector/torpor.prom") + "\"");
  std::ofstream(at("site.toml")) << site;
  const std::vector<std::string> strays = {
      "detector/refusal.json.new.4242",    "detector/contract/current.new.4242",
      "detector/energy/budget.new.17",     "sampler/stopped.json.new.99",
      "reports/telemetry.cursor.new.4242", "collector/torpor.prom.new.4242"};
  for (const std::string& stray : strays) put(stray);
  put("collector/other.prom.new.1");
  ChildProcess sampler = start_sampler("50");
  // More than a telemetry interval, over which robots spread their first contacts by their names.
  ChildProcess detector = start_detector("50", "12");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  ASSERT_EQ(wait_for(sampler), 0) << logs();
  for (const std::string& stray : strays) EXPECT_FALSE(there(stray)) << stray;
  EXPECT_TRUE(there("collector/other.prom.new.1"));
  EXPECT_TRUE(there("collector/torpor.prom"));
  EXPECT_NE(slurp(at("detector.log")).find("removed 3 files that killed writes had left"), std::string::npos)
      << logs();
}

}  // namespace
}  // namespace torpor
