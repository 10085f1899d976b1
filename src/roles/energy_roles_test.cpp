// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What the real processes measure and spend, on a tree that stands for the kernel's files.
#include "roles/fake/roles_fixture.h"

namespace torpor {
namespace {

class EnergyRolesTest : public RolesTest {
 protected:
  // A tree of the kernel's files in which the module rail answers as told, and a site that
  // looks there.
  void put_module_rail(const std::string& milliamperes) {
    const std::string rail = at("tree/sys/class/hwmon/hwmon4/");
    std::filesystem::create_directories(rail);
    std::ofstream(rail + "name") << "ina3221\n";
    std::ofstream(rail + "in1_label") << "VDD_IN\n";
    std::ofstream(rail + "in1_input") << "5000\n";
    std::ofstream(rail + "curr1_input") << milliamperes << "\n";
  }
  void look_in_tree() {
    std::filesystem::create_directories(at("tree/sys"));
    std::string text = slurp(at("site.toml"));
    const std::string none = "root = \"\"";
    ASSERT_NE(text.find(none), std::string::npos);
    text.replace(text.find(none), none.size(), "root = \"" + at("tree") + "\"");
    std::ofstream(at("site.toml")) << text;
  }
  std::string bench(const std::vector<std::string>& more) {
    std::vector<std::string> command = {bin("torpor"),
                                        "bench",
                                        "energy",
                                        "--site",
                                        at("site.toml"),
                                        "--model",
                                        source_file("data/detector.model"),
                                        "--sets",
                                        "2",
                                        "--cycles",
                                        "3",
                                        "--rest",
                                        "0.1"};
    command.insert(command.end(), more.begin(), more.end());
    auto child = ChildProcess::start(command, at("bench.log"));
    EXPECT_TRUE(child.ok());
    EXPECT_EQ(wait_for(*child), 0) << slurp(at("bench.log"));
    return slurp(at("bench.log"));
  }
};

TEST_F(EnergyRolesTest, energy_is_measured_on_the_module_rail_of_the_sites_tree) {
  put_module_rail("780");
  look_in_tree();
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "4");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 4u);
  for (const CycleReport& report : all) {
    EXPECT_EQ(report.energy_source.view(), "ina3221 VDD_IN");
    EXPECT_EQ(report.energy_coverage.view(), "module, without carrier board");
    EXPECT_EQ(report.unmeasured, Duration::zero());
    EXPECT_EQ(report.idle_rail_mw, 3900);
  }
  EXPECT_TRUE(all.back().sleep_interpolated);
}

TEST_F(EnergyRolesTest, a_rail_that_answers_garbage_is_named_and_counted_as_unmeasured) {
  put_module_rail("garbage");
  look_in_tree();
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  ChildProcess sampler = start_sampler("10");
  ChildProcess detector = start_detector("10", "3");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  const auto all = reports();
  ASSERT_EQ(all.size(), 3u);
  for (const CycleReport& report : all) {
    EXPECT_EQ(report.energy_source.view(), "ina3221 VDD_IN: bad value");
    EXPECT_GT(report.unmeasured, Duration::zero());
    EXPECT_EQ(report.idle_rail_mw, -1);
    EXPECT_TRUE(report.window_complete) << logs();
  }
}

TEST_F(EnergyRolesTest, the_budget_outlives_the_process_and_a_damaged_one_is_said_and_taken_as_spent) {
  sign("examples/demo.toml", at("detector.bundle"));
  std::filesystem::copy_file(at("detector.bundle"), at("sampler.bundle"));
  {
    ChildProcess sampler = start_sampler("50");
    ChildProcess detector = start_detector("50", "2");
    ASSERT_EQ(wait_for(detector), 0) << logs();
    ASSERT_EQ(wait_for(sampler), 0) << logs();
  }
  ASSERT_EQ(std::filesystem::file_size(at("detector/energy/budget")), 76u);
  std::ofstream(at("detector/energy/budget")) << "rubbish";
  ChildProcess sampler = start_sampler("50");
  ChildProcess detector = start_detector("50", "2");
  ASSERT_EQ(wait_for(detector), 0) << logs();
  EXPECT_NE(slurp(at("detector.log")).find("budget_damaged"), std::string::npos) << logs();
  EXPECT_EQ(std::filesystem::file_size(at("detector/energy/budget")), 76u);
}

TEST_F(EnergyRolesTest, bench_energy_says_what_its_figures_stand_on) {
  look_in_tree();
  const std::string declared = bench({});
  EXPECT_NE(declared.find("CPU-seconds x declared watts"), std::string::npos) << declared;
  EXPECT_NE(declared.find("no meter here"), std::string::npos) << declared;
  EXPECT_NE(declared.find("keep"), std::string::npos) << declared;
  put_module_rail("780");
  const std::string metered = bench({"--json"});
  EXPECT_NE(metered.find("\"source\": \"ina3221 VDD_IN\""), std::string::npos) << metered;
  EXPECT_NE(metered.find("\"mj_per_cycle\""), std::string::npos) << metered;
}

}  // namespace
}  // namespace torpor
