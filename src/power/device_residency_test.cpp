// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/device_residency.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/fake/fake_system_tree.h"

namespace torpor {
namespace {

constexpr const char* kJetPack5 = "/sys/devices/platform/17000000.gpu/power/runtime_status";
constexpr const char* kJetPack6 = "/sys/devices/platform/bus@0/17000000.gpu/power/runtime_status";
constexpr const char* kPci = "/sys/bus/pci/devices/0000:01:00.0";
constexpr std::uint32_t kIdleMw = 4500;

class DeviceResidencyTest : public ::testing::Test {
 protected:
  ResidencyState check(DeviceResidency& probe) { return probe.check(note_); }
  ResidencyState check(DeviceResidency::Rail rail = {}) {
    DeviceResidency probe(tree_, std::move(rail), kIdleMw);
    return check(probe);
  }
  std::string_view note() const { return note_.view(); }

  static DeviceResidency::Rail rail(std::int64_t mw) {
    return [mw]() -> Result<std::int64_t> { return mw; };
  }

  FakeSystemTree tree_;
  FixedString<64> note_ = "old";
};

TEST_F(DeviceResidencyTest, believes_runtime_status_on_both_orin_paths_and_on_pci) {
  const auto believed = [this](const std::string& path) {
    tree_.put(path, "suspended\n");
    EXPECT_EQ(check(), ResidencyState::released) << path;
    EXPECT_TRUE(note().ends_with(" suspended")) << note();
    tree_.put(path, "active\n");
    EXPECT_EQ(check(), ResidencyState::resident) << path;
    EXPECT_NE(note().find(" active"), note().npos) << note();
    tree_.remove(path);
  };
  believed(kJetPack5);
  believed(kJetPack6);
  tree_.put(std::string(kPci) + "/vendor", "0x10de\n");
  tree_.put(std::string(kPci) + "/class", "0x030000\n");
  believed(std::string(kPci) + "/power/runtime_status");
}

TEST_F(DeviceResidencyTest, looks_at_no_device_that_is_not_an_nvidia_gpu) {
  tree_.put(std::string(kPci) + "/vendor", "0x8086\n");
  tree_.put(std::string(kPci) + "/class", "0x030000\n");
  tree_.put(std::string(kPci) + "/power/runtime_status", "active\n");
  tree_.put("/sys/bus/pci/devices/0000:01:00.1/vendor", "0x10de\n");
  tree_.put("/sys/bus/pci/devices/0000:01:00.1/class", "0x040300\n");  // its sound
  tree_.put("/sys/bus/pci/devices/0000:01:00.1/power/runtime_status", "active\n");
  DeviceResidency probe(tree_, {}, kIdleMw);
  EXPECT_EQ(probe.devices(), 0u);
  EXPECT_EQ(check(probe), ResidencyState::unknown);
  EXPECT_EQ(note(), "no GPU seen; no rail");
}

TEST_F(DeviceResidencyTest, one_of_two_gpus_awake_is_resident) {
  tree_.put(kJetPack5, "suspended\n");
  tree_.put(kJetPack6, "active\n");
  EXPECT_EQ(check(), ResidencyState::resident);
}

TEST_F(DeviceResidencyTest, a_gpu_on_its_way_down_is_resident_until_it_is_down) {
  std::string state = "suspending\n";
  tree_.put(kJetPack6, [&state] { return state; });
  DeviceResidency probe(tree_, {}, kIdleMw);
  EXPECT_EQ(check(probe), ResidencyState::resident);
  state = "suspended\n";
  EXPECT_EQ(check(probe), ResidencyState::released);
}

TEST_F(DeviceResidencyTest, a_rail_below_the_idle_limit_proves_what_a_status_cannot) {
  EXPECT_EQ(check(rail(4499)), ResidencyState::released);
  EXPECT_EQ(note(), "rail 4499 mW, below 4500");
  EXPECT_EQ(check(rail(4500)), ResidencyState::resident);
  EXPECT_TRUE(note().starts_with("rail 4500 mW, not below 4500")) << note();
  tree_.put(kJetPack6, "active\n");
  EXPECT_EQ(check(rail(4000)), ResidencyState::released) << "a driver may keep the state and drop the power";
  EXPECT_EQ(check(rail(9000)), ResidencyState::resident);
}

TEST_F(DeviceResidencyTest, what_cannot_be_read_is_unknown_with_its_cause_and_never_released) {
  struct Case {
    const char* text;
    int os_code;
    const char* note;
  };
  const Case cases[] = {{"", EIO, "17000000.gpu io_failed 5; no rail"},
                        {"", EACCES, "17000000.gpu file_denied 13; no rail"},
                        {"unsupported\n", 0, "17000000.gpu says unsupported; no rail"},
                        {"error\n", 0, "17000000.gpu says error; no rail"},
                        {"", 0, "17000000.gpu says ; no rail"},
                        {"suspended and more\n", 0, "17000000.gpu says suspended and more; no rail"}};
  for (const Case& one : cases) {
    tree_.put(kJetPack6, one.text);
    tree_.fail(kJetPack6, one.os_code);
    EXPECT_EQ(check(), ResidencyState::unknown) << one.note;
    EXPECT_EQ(note(), one.note);
  }
  tree_.put(kJetPack6, std::string(5000, 'x'));
  EXPECT_EQ(check(), ResidencyState::unknown);
  EXPECT_EQ(note(), "17000000.gpu file_too_large; no rail");
  const auto broken = []() -> Result<std::int64_t> { return Error{.reason = Reason::system_absent}; };
  EXPECT_EQ(check(broken), ResidencyState::unknown);
  EXPECT_TRUE(note().ends_with("rail: system_absent")) << note();
}

TEST_F(DeviceResidencyTest, a_status_that_moves_away_is_unknown) {
  tree_.put(kJetPack5, "suspended\n");
  DeviceResidency probe(tree_, {}, kIdleMw);
  ASSERT_EQ(check(probe), ResidencyState::released);
  tree_.remove(kJetPack5);
  EXPECT_EQ(check(probe), ResidencyState::unknown);
  EXPECT_TRUE(note().starts_with("17000000.gpu file_missing")) << note();
}

TEST_F(DeviceResidencyTest, one_suspended_gpu_does_not_speak_for_one_that_cannot_be_read) {
  tree_.put(kJetPack5, "suspended\n");
  tree_.put(kJetPack6, "error\n");
  EXPECT_EQ(check(), ResidencyState::unknown);
}

TEST_F(DeviceResidencyTest, a_leak_names_who_holds_the_device_as_far_as_that_can_be_seen) {
  tree_.put(kJetPack6, "active\n");
  tree_.put("/proc/self/comm", "torpord\n");
  tree_.put("/proc/17/comm", "sshd\n");
  tree_.link("/proc/17/fd/0", "/dev/null");
  EXPECT_EQ(check(), ResidencyState::resident);
  EXPECT_EQ(note(), "17000000.gpu active; no holder");
  tree_.put("/proc/42/comm", "python3\n");
  tree_.link("/proc/42/fd/5", "/dev/nvhost-ctrl-gpu");
  EXPECT_EQ(check(), ResidencyState::resident);
  EXPECT_EQ(note(), "17000000.gpu active; held by 42 python3");
  tree_.put("/proc/43/comm", "x\n");
  tree_.link("/proc/43/fd/5", "/dev/nvidia0");
  EXPECT_EQ(check(), ResidencyState::resident);
  EXPECT_EQ(note(), "17000000.gpu active; held by 42 python3, 43 x");
}

TEST_F(DeviceResidencyTest, a_leak_whose_holder_is_another_users_names_the_missing_capability) {
  tree_.put(kJetPack6, "active\n");
  tree_.put("/proc/42/comm", "python3\n");
  tree_.fail("/proc/42/fd", EACCES);
  EXPECT_EQ(check(), ResidencyState::resident);
  EXPECT_EQ(note(), "17000000.gpu active; holder unseen: no CAP_SYS_PTRACE");
  tree_.fail("/proc", EACCES);
  EXPECT_EQ(check(), ResidencyState::resident);
  EXPECT_EQ(note(), "17000000.gpu active; holders unseen: no /proc");
}

TEST_F(DeviceResidencyTest, a_released_device_costs_no_look_at_any_process) {
  tree_.put(kJetPack6, "suspended\n");
  tree_.put("/proc/42/comm", [] {
    ADD_FAILURE() << "looked";
    return std::string();
  });
  tree_.link("/proc/42/fd/5", "/dev/nvidia0");
  EXPECT_EQ(check(), ResidencyState::released);
}

}  // namespace
}  // namespace torpor
