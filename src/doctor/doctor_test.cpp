// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "base/fake/fake_system_tree.h"
#include "contract/fake/example_contract.h"
#include "doctor/checks.h"

namespace torpor {
namespace {

using testing::HasSubstr;

constexpr const char* kGpu = "/sys/devices/platform/bus@0/17000000.gpu";

// A robot on which all is well: an Orin between two cycles of a contract that suspends.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    Terms terms = terms_for_test();
    terms.power.sleep_level = SleepLevel::suspend;
    facts_.terms = terms;
    facts_.now.synchronised = true;
    facts_.capabilities = ~std::uint64_t{0};
    facts_.bundles = {{.path = "detector.bundle", .digest = Digest{}, .sequence = 4, .trouble = ""},
                      {.path = "sampler.bundle", .digest = Digest{}, .sequence = 4, .trouble = ""}};
    facts_.nvpmodel_conf =
        "# models\n< POWER_MODEL ID=0 NAME=MAXN >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=7W >\n";
    gpu_at(kGpu, "suspended");
    tree_.put("/proc/1/comm", "systemd");
    tree_.link("/proc/1/fd/0", "/dev/null");
    tree_.put("/proc/meminfo", "not a process");
    tree_.put("/sys/class/hwmon/hwmon3/name", "ina3221");
    tree_.put("/sys/class/hwmon/hwmon3/in1_label", "VDD_IN");
    tree_.put("/sys/class/hwmon/hwmon3/in1_input", "5000");
    tree_.put("/sys/class/hwmon/hwmon3/curr1_input", "800");
    tree_.put("/var/lib/nvpmodel/status", "pmode:0001 fmode:quiet");
    tree_.put("/sys/class/devfreq/17000000.gpu/governor", "nvhost_podgov");
    tree_.put("/sys/class/devfreq/17000000.gpu/min_freq", "306000000");
    tree_.put("/sys/class/devfreq/17000000.gpu/max_freq", "624750000");
    tree_.put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil");
    tree_.put("/sys/power/state", "freeze mem");
    tree_.put("/sys/power/mem_sleep", "s2idle [deep]");
    tree_.put("/sys/class/rtc/rtc0/wakealarm", "");
    tree_.put("/sys/class/wakeup/wakeup0/name", "gpio-keys");
    tree_.put("/sys/class/wakeup/wakeup0/active_time_ms", "0");
    tree_.put("/sys/class/wakeup/wakeup0/wakeup_count", "0");
    tree_.put("/sys/bus/iio/devices/iio:device0/name", "iis3dwb");
    tree_.put("/sys/bus/iio/devices/iio:device0/buffer/enable", "0");
  }
  void gpu_at(const std::string& path, const std::string& status) {
    tree_.put(path + "/power/runtime_status", status);
    tree_.put(path + "/power/control", "auto");
  }
  // The only finding that is not fine.
  Finding trouble() {
    std::vector<Finding> found;
    for (Finding& f : examine(tree_, facts_)) {
      EXPECT_EQ(f.remedy.empty(), f.severity == Severity::fine) << f.check << ": " << f.what;
      EXPECT_FALSE(f.evidence.empty()) << f.check;
      if (f.severity != Severity::fine) found.push_back(std::move(f));
    }
    EXPECT_EQ(found.size(), 1u);
    for (const Finding& f : found) SCOPED_TRACE(std::string(f.check) + ": " + f.what);
    return found.empty() ? Finding{.check = "none", .severity = {}, .what = {}, .evidence = {}, .remedy = {}}
                         : found.front();
  }
  void expect(const char* check, Severity severity, const char* evidence) {
    const Finding found = trouble();
    EXPECT_EQ(found.check, check) << found.what;
    EXPECT_EQ(found.severity, severity) << found.what;
    EXPECT_THAT(found.evidence, HasSubstr(evidence));
  }

  FakeSystemTree tree_;
  DoctorFacts facts_;
};

TEST_F(DoctorTest, a_robot_on_which_all_is_well_has_nothing_but_fine_findings) {
  const auto findings = examine(tree_, facts_);
  for (const Finding& f : findings) EXPECT_EQ(f.severity, Severity::fine) << f.check << ": " << f.what;
  EXPECT_EQ(worst(findings), Severity::fine);
  EXPECT_GE(findings.size(), 12u);
}

TEST_F(DoctorTest, the_exit_code_is_that_of_the_worst_finding) {
  EXPECT_EQ(exit_code(Severity::fine), 0);
  EXPECT_EQ(exit_code(Severity::unknown), 0);
  EXPECT_EQ(exit_code(Severity::warning), 1);
  EXPECT_EQ(exit_code(Severity::serious), 2);
}

TEST_F(DoctorTest, different_contracts_on_one_robot) {
  facts_.bundles[1].digest->fill(std::byte{0xab});
  expect("bundles", Severity::serious, "sampler.bundle: sequence 4, digest abab");
}

TEST_F(DoctorTest, a_bundle_that_cannot_be_read) {
  facts_.bundles[1].digest.reset();
  facts_.bundles[1].trouble = "file_missing: sampler.bundle";
  expect("bundles", Severity::serious, "file_missing");
}

TEST_F(DoctorTest, one_bundle_alone_says_nothing_of_the_other) {
  facts_.bundles.pop_back();
  expect("bundles", Severity::unknown, "detector.bundle");
}

TEST_F(DoctorTest, a_gpu_that_is_powered_in_either_layout_or_on_the_pci_bus) {
  tree_.remove(std::string(kGpu) + "/power/runtime_status");
  tree_.remove(std::string(kGpu) + "/power/control");
  gpu_at("/sys/devices/platform/17000000.gpu", "active");
  expect("gpu", Severity::serious, "/sys/devices/platform/17000000.gpu/power/runtime_status: active");
  gpu_at("/sys/devices/platform/17000000.gpu", "suspended");
  const std::string card = "/sys/bus/pci/devices/0000:01:00.0";
  tree_.put(card + "/vendor", "0x10de");
  tree_.put(card + "/class", "0x030200");
  gpu_at(card, "active");
  expect("gpu", Severity::serious, "0000:01:00.0");
  tree_.put(card + "/class", "0x0c0330");  // a USB controller of the same maker
  EXPECT_EQ(worst(examine(tree_, facts_)), Severity::fine);
}

TEST_F(DoctorTest, a_gpu_that_may_not_power_down) {
  tree_.put(std::string(kGpu) + "/power/control", "on");
  expect("gpu_control", Severity::serious, "control: on");
}

TEST_F(DoctorTest, a_gpu_whose_state_cannot_be_read_or_is_garbage) {
  tree_.fail(std::string(kGpu) + "/power/runtime_status", EIO);
  expect("gpu", Severity::unknown, "runtime_status");
  tree_.fail(std::string(kGpu) + "/power/runtime_status", 0);
  for (const char* text : {"", "unsupported", "\x01\xff asleep?"}) {
    tree_.put(std::string(kGpu) + "/power/runtime_status", text);
    expect("gpu", Severity::unknown, "runtime_status");
  }
}

TEST_F(DoctorTest, a_process_that_holds_the_gpu) {
  tree_.put("/proc/815/comm", "gst-launch-1.0");
  tree_.link("/proc/815/fd/7", "/dev/nvhost-gpu");
  expect("gpu_holders", Severity::serious, "gst-launch-1.0 (pid 815) has /dev/nvhost-gpu");
}

TEST_F(DoctorTest, holders_that_may_not_be_seen_are_unknown_with_the_capability_that_is_missing) {
  facts_.capabilities &= ~(std::uint64_t{1} << kCapSysPtrace);
  tree_.fail("/proc/1/fd", EACCES);
  std::vector<std::string> checks;
  for (const Finding& f : examine(tree_, facts_)) {
    if (f.severity != Severity::fine) checks.emplace_back(f.check);
    if (f.check == "gpu_holders") {
      EXPECT_THAT(f.evidence, HasSubstr("CAP_SYS_PTRACE missing"));
    }
  }
  EXPECT_THAT(checks, testing::ElementsAre("gpu_holders", "capabilities"));
}

TEST_F(DoctorTest, no_meter_at_all) {
  for (const char* name : {"name", "in1_label", "in1_input", "curr1_input"})
    tree_.remove(std::string("/sys/class/hwmon/hwmon3/") + name);
  expect("rails", Severity::warning, "no ina3221");
}

TEST_F(DoctorTest, a_meter_that_cannot_be_read) {
  tree_.fail("/sys/class/hwmon/hwmon3/curr1_input", EIO);
  expect("rails", Severity::warning, "VDD_IN (hwmon3)");
}

TEST_F(DoctorTest, a_second_rail_that_is_not_connected_is_named_and_no_harm) {
  tree_.put("/sys/class/hwmon/hwmon3/in2_label", "VDD_CPU_GPU_CV");
  tree_.fail("/sys/class/hwmon/hwmon3/in2_input", EIO);
  expect("rails", Severity::unknown, "VDD_CPU_GPU_CV");
}

TEST_F(DoctorTest, rapl_that_only_root_may_read) {
  for (const char* name : {"name", "in1_label", "in1_input", "curr1_input"})
    tree_.remove(std::string("/sys/class/hwmon/hwmon3/") + name);
  tree_.put("/sys/class/powercap/intel-rapl:0/name", "package-0");
  tree_.fail("/sys/class/powercap/intel-rapl:0/energy_uj", EACCES);
  expect("rails", Severity::warning, "package-0");
}

TEST_F(DoctorTest, a_power_model_without_a_limit) {
  tree_.put("/var/lib/nvpmodel/status", "pmode:0000 fmode:quiet");
  expect("power_model", Severity::warning, "pmode:0000");
}

TEST_F(DoctorTest, a_power_model_that_cannot_be_read_is_unknown_and_a_machine_without_any_is_no_finding) {
  tree_.put("/var/lib/nvpmodel/status", "pmode:maximal");
  expect("power_model", Severity::unknown, "pmode:maximal");
  tree_.remove("/var/lib/nvpmodel/status");
  facts_.nvpmodel_conf.reset();
  EXPECT_EQ(worst(examine(tree_, facts_)), Severity::fine);
}

TEST_F(DoctorTest, clocks_pinned_by_governor_or_by_their_bounds) {
  tree_.put("/sys/class/devfreq/17000000.gpu/min_freq", "624750000");
  expect("clocks", Severity::warning, "min_freq = max_freq = 624750000");
  tree_.put("/sys/class/devfreq/17000000.gpu/governor", "performance");
  expect("clocks", Severity::warning, "17000000.gpu: governor performance");
}

TEST_F(DoctorTest, a_contract_that_suspends_on_a_machine_that_cannot) {
  tree_.put("/sys/power/state", "freeze");
  expect("suspend", Severity::serious, "suspend_unsupported");
  tree_.put("/sys/power/state", "freeze mem");
  tree_.remove("/sys/class/rtc/rtc0/wakealarm");
  expect("suspend", Severity::serious, "suspend_no_alarm");
  facts_.terms->power.sleep_level = SleepLevel::block;
  EXPECT_EQ(worst(examine(tree_, facts_)), Severity::fine) << "this contract does not ask for it";
}

TEST_F(DoctorTest, a_shallow_suspend_where_a_deep_one_is_there) {
  tree_.put("/sys/power/mem_sleep", "[s2idle] deep");
  expect("suspend", Severity::warning, "[s2idle] deep");
}

TEST_F(DoctorTest, a_wake_source_that_is_active_and_one_that_has_woken_the_machine) {
  tree_.put("/sys/class/wakeup/wakeup0/active_time_ms", "8123");
  expect("wake_sources", Severity::serious, "gpio-keys for 8123 ms");
  tree_.put("/sys/class/wakeup/wakeup0/active_time_ms", "0");
  tree_.put("/sys/class/wakeup/wakeup0/wakeup_count", "17");
  expect("wake_sources", Severity::warning, "gpio-keys 17 times");
  facts_.terms->power.sleep_level = SleepLevel::block;
  EXPECT_EQ(worst(examine(tree_, facts_)), Severity::fine);
}

TEST_F(DoctorTest, a_kernel_that_shows_no_wake_sources) {
  tree_.fail("/sys/class/wakeup", ENOENT);
  expect("wake_sources", Severity::unknown, "/sys/class/wakeup");
}

TEST_F(DoctorTest, timers_are_counted_from_the_contract) {
  std::string said;
  for (const Finding& f : examine(tree_, facts_)) {
    if (f.check == "timers") said = f.what + f.evidence;
  }
  // One cycle a minute of 5 s x 3200 Hz x 3 axes: 24 frames.
  EXPECT_THAT(said, HasSubstr("26.0 times a minute"));
  EXPECT_THAT(said, HasSubstr("none while asleep"));
  facts_.terms.reset();
  expect("timers", Severity::unknown, "no bundle");
}

TEST_F(DoctorTest, a_capability_that_is_missing_with_what_it_costs) {
  facts_.capabilities &= ~(std::uint64_t{1} << kCapKill);
  expect("capabilities", Severity::warning,
         "CAP_KILL: a sampler like this stops only a detector of its own user");
  EXPECT_THAT(trouble().remedy, HasSubstr("CAP_KILL"));
}

TEST_F(DoctorTest, a_clock_that_nobody_keeps) {
  facts_.now.synchronised = false;
  expect("wall_time", Severity::warning, "not synchronised");
}

TEST_F(DoctorTest, a_sensor_that_streams_and_no_sensor) {
  tree_.put("/sys/bus/iio/devices/iio:device0/buffer/enable", "1");
  expect("sensor", Severity::warning, "iis3dwb (iio:device0)");
  tree_.remove("/sys/bus/iio/devices/iio:device0/buffer/enable");
  tree_.remove("/sys/bus/iio/devices/iio:device0/name");
  expect("sensor", Severity::unknown, "no device in /sys/bus/iio/devices");
}

TEST_F(DoctorTest, an_empty_tree_is_all_findings_and_no_crash) {
  FakeSystemTree empty;
  const auto findings = examine(empty, DoctorFacts{});
  EXPECT_GE(findings.size(), 10u);
  for (const Finding& f : findings) EXPECT_FALSE(f.what.empty());
}

// Every file of the tree in turn, and all at once, as nobody expects it.
TEST_F(DoctorTest, garbage_and_errors_in_any_file_never_crash_and_are_shown_in_printable_form) {
  const std::vector<std::string> paths = tree_.paths();
  ASSERT_GT(paths.size(), 20u);
  std::mt19937 random(11);
  const auto check = [&] {
    for (const Finding& f : examine(tree_, facts_)) {
      for (const std::string& text : {f.what, f.evidence, f.remedy}) {
        EXPECT_EQ(text, printable(text)) << f.check;
      }
    }
  };
  for (const std::string& path : paths) {
    for (const int error : {EIO, EACCES, ENODEV, ENOENT}) {
      tree_.fail(path, error);
      check();
    }
    tree_.fail(path, 0);
  }
  for (int round = 0; round < 200; ++round) {
    for (const std::string& path : paths) {
      std::string text(random() % 300, '\0');
      for (char& c : text) c = static_cast<char>(random());
      tree_.put(path, text);
    }
    check();
  }
}

}  // namespace
}  // namespace torpor
