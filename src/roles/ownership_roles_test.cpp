// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// One directory, one owner: what a second process is told, and what a killed one left.
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
