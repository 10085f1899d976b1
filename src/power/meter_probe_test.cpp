// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/meter_probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/fake/allocations.h"
#include "base/fake/fake_system_tree.h"
#include "base/posix/posix_system_tree.h"

namespace torpor {
namespace {

constexpr PowerModel kDeclared{.idle_mw = 4000, .sample_mw = 4200, .infer_mw = 7500, .sleep_mw = 3600};

std::string source(SystemTree& tree, const PowerModel& declared = kDeclared) {
  return std::string(probe_meter(tree, declared)->source());
}

void put_hwmon(FakeSystemTree& tree, const std::string& device, const std::string& channel,
               const std::string& label) {
  const std::string at = "/sys/class/hwmon/" + device + "/";
  tree.put(at + "name", "ina3221\n");
  tree.put(at + "in" + channel + "_label", label + "\n");
  tree.put(at + "in" + channel + "_input", "5000");
  tree.put(at + "curr" + channel + "_input", "1200");
}

void put_rapl(FakeSystemTree& tree, const std::string& zone, const std::string& name) {
  const std::string at = "/sys/class/powercap/" + zone + "/";
  tree.put(at + "name", name);
  tree.put(at + "energy_uj", "12345678");
  tree.put(at + "max_energy_range_uj", "262143328850");
}

TEST(ProbeMeter, finds_the_module_rail_by_name_and_label_whatever_the_number_and_the_channel) {
  for (const char* device : {"hwmon0", "hwmon4", "hwmon12"}) {
    for (const char* channel : {"1", "2", "3"}) {
      FakeSystemTree tree;
      tree.put("/sys/class/hwmon/hwmon1/name", "nct1008");
      put_hwmon(tree, device, channel, "VDD_IN");
      const auto meter = probe_meter(tree, kDeclared);
      EXPECT_EQ(meter->source(), "ina3221 VDD_IN");
      EXPECT_EQ(*meter->rail_mw(), 6000);
    }
  }
}

TEST(ProbeMeter, takes_neither_another_chip_nor_another_rail_nor_the_sum_of_shunts) {
  FakeSystemTree tree;
  put_hwmon(tree, "hwmon2", "1", "VDD_CPU_GPU_CV");
  put_hwmon(tree, "hwmon2", "2", "VDD_SOC");
  put_hwmon(tree, "hwmon2", "7", "sum of shunt voltages");
  put_hwmon(tree, "hwmon3", "1", "VDD_IN");
  tree.put("/sys/class/hwmon/hwmon3/name", "ina238");
  EXPECT_EQ(source(tree), "declared model");
}

TEST(ProbeMeter, a_second_monitor_on_the_carrier_board_does_not_hide_the_module) {
  FakeSystemTree tree;
  put_hwmon(tree, "hwmon1", "1", "VDD_MUX");
  put_hwmon(tree, "hwmon2", "1", "VDD_IN");
  EXPECT_EQ(source(tree), "ina3221 VDD_IN");
}

TEST(ProbeMeter, reads_the_iio_layout_of_jetpack_4_with_and_without_power) {
  FakeSystemTree tree;
  const std::string at = "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/";
  tree.put("/sys/bus/i2c/drivers/ina3221x/bind", "");
  tree.put(at + "rail_name_0", "POM_5V_IN");
  tree.put(at + "in_voltage0_input", "4900");
  tree.put(at + "in_current0_input", "1000");
  const auto product = probe_meter(tree, kDeclared);
  EXPECT_EQ(product->source(), "ina3221 POM_5V_IN");
  EXPECT_EQ(*product->rail_mw(), 4900);
  tree.put(at + "in_power0_input", "4870");
  EXPECT_EQ(*probe_meter(tree, kDeclared)->rail_mw(), 4870);
}

TEST(ProbeMeter, a_rail_that_does_not_answer_is_taken_and_says_so) {
  FakeSystemTree tree;
  put_hwmon(tree, "hwmon0", "1", "VDD_IN");
  tree.put("/sys/class/hwmon/hwmon0/curr1_input", "garbage");
  const auto meter = probe_meter(tree, kDeclared);
  EXPECT_FALSE(meter->lap(Phase::wake, std::chrono::seconds(1), false).measured);
  EXPECT_EQ(meter->source(), "ina3221 VDD_IN: bad value");
}

TEST(ProbeMeter, takes_the_package_and_no_other_zone) {
  FakeSystemTree tree;
  tree.put("/sys/class/powercap/intel-rapl/enabled", "1");
  put_rapl(tree, "intel-rapl:0", "psys");
  put_rapl(tree, "intel-rapl:0:0", "core");
  EXPECT_EQ(source(tree), "declared model");
  put_rapl(tree, "intel-rapl:1", "package-0");
  EXPECT_EQ(source(tree), "rapl package-0");
  put_hwmon(tree, "hwmon0", "1", "VDD_IN");
  EXPECT_EQ(source(tree), "ina3221 VDD_IN") << "the module before the package";
}

TEST(ProbeMeter, what_may_not_be_read_or_has_no_range_is_passed_over) {
  FakeSystemTree tree;
  put_rapl(tree, "intel-rapl:0", "package-0");
  tree.fail("/sys/class/powercap/intel-rapl:0/energy_uj", EACCES);
  EXPECT_EQ(source(tree), "declared model");
  tree.fail("/sys/class/powercap/intel-rapl:0/energy_uj", 0);
  tree.put("/sys/class/powercap/intel-rapl:0/max_energy_range_uj", "0");
  EXPECT_EQ(source(tree), "declared model");
  put_hwmon(tree, "hwmon0", "1", "VDD_IN");
  tree.fail("/sys/class/hwmon/hwmon0/in1_input", EACCES);
  EXPECT_EQ(source(tree), "declared model");
}

TEST(ProbeMeter, an_empty_tree_leaves_what_is_declared_or_nothing) {
  FakeSystemTree tree;
  EXPECT_EQ(source(tree), "declared model");
  EXPECT_EQ(source(tree, {}), "none");
}

TEST(ProbeMeter, directories_that_cannot_be_listed_are_not_there) {
  FakeSystemTree tree;
  put_hwmon(tree, "hwmon0", "1", "VDD_IN");
  tree.fail("/sys/class/hwmon", EIO);
  tree.fail("/sys/class/powercap", EACCES);
  EXPECT_EQ(source(tree), "declared model");
}

TEST(ProbeMeter, a_lap_on_real_files_touches_no_heap) {
  const std::string root = testing::TempDir() + "meter-" + std::to_string(::getpid());
  const std::string at = root + "/sys/class/hwmon/hwmon5/";
  std::filesystem::create_directories(at);
  for (const auto& [name, text] : {std::pair{"name", "ina3221\n"},
                                   {"in1_label", "VDD_IN\n"},
                                   {"in1_input", "4968\n"},
                                   {"curr1_input", "1008\n"}})
    std::ofstream(at + name) << text;
  PosixSystemTree tree(root);
  const std::filesystem::path voltage = at + "in1_input";
  const auto meter = probe_meter(tree, kDeclared);
  const std::uint64_t before = allocations_for_test();
  meter->lap(Phase::wake, Duration::zero(), false);
  const EnergyCost cost = meter->lap(Phase::sample, std::chrono::seconds(1), false);
  ::unlink(voltage.c_str());
  meter->lap(Phase::sample, std::chrono::seconds(1), false);
  EXPECT_EQ(allocations_for_test(), before);
  EXPECT_DOUBLE_EQ(cost.mj, 4968 * 1008 / 1000 - 4000);
  EXPECT_EQ(meter->source(), "ina3221 VDD_IN: absent");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace torpor
