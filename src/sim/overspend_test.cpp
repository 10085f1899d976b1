// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A robot whose cycles cost more than the contract allows, on stepped time: it sleeps cycles
// through until the debt is paid, and says so.
#include <gtest/gtest.h>

#include <cerrno>

#include "base/fake/fake_system_tree.h"
#include "contract/fake/example_contract.h"
#include "power/meter_probe.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr PowerModel kPower{.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000};
constexpr std::uint64_t kFit = 120;  // of these the network runs in none
constexpr double kAllowance = 700;   // mJ; 600 cycles an hour take all of it
constexpr double kHour = 420'000;

Contract tight_contract() {
  Terms t = incident_contract(5500).terms();
  t.power.active_mj_per_cycle = static_cast<std::uint32_t>(kAllowance);
  t.power.mj_per_hour = static_cast<std::uint32_t>(kHour);
  t.power.idle_mw = 4500;
  return contract_for_test(t);
}

class OverspendTest : public ::testing::Test {
 protected:
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = kPower};
  }
  static bool slept_through(const CycleReport& report) {
    return report.verdict.reason == VerdictReason::budget_spent;
  }
  static double cost(const CycleReport& report) { return total(report.energy_mj); }

  // The most that began in any hour of them.
  static double dearest_hour(const std::vector<CycleReport>& reports) {
    double most = 0;
    double sum = 0;
    for (std::size_t to = 0, from = 0; to < reports.size(); ++to) {
      sum += cost(reports[to]);
      while (reports[to].woke.boot - reports[from].woke.boot >= hours(1)) sum -= cost(reports[from++]);
      most = std::max(most, sum);
    }
    return most;
  }

  FakeClock clock_;
  const Contract contract_ = tight_contract();
  TaggedSource source_{contract_};
  WatchedBackend backend_{clock_};
};

// 500 mJ of sampling and 20 ms of inference at 7 W: within the allowance.
TEST_F(OverspendTest, overspend_none_no_cycle_is_slept_through) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kFit + 200);
  for (const CycleReport& report : robot.reports()) {
    ASSERT_EQ(report.breaches, 0u) << report.cycle;
    ASSERT_LE(cost(report), kAllowance);
    ASSERT_GT(report.budget_mj, 0);
  }
}

TEST_F(OverspendTest, overspend_threefold_sleeps_cycles_through_until_paid_and_keeps_the_hour) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kFit);
  backend_.takes(milliseconds(229));  // 500 + 1603 mJ: three allowances
  robot.run_cycles(1300);             // more than two hours
  std::size_t worked = 0;
  std::size_t slept = 0;
  double dearest = 0;
  for (std::size_t i = kFit; i < robot.reports().size(); ++i) {
    const CycleReport& report = robot.reports()[i];
    EXPECT_EQ(report.interval, contract_.period()) << "every slot leaves its report";
    if (slept_through(report)) {
      ++slept;
      EXPECT_TRUE(report.has(Breach::budget));
      EXPECT_EQ(report.verdict.kind, VerdictKind::not_scored);
      EXPECT_FALSE(report.inferred);
      EXPECT_EQ(report.frames, 0u) << "no window was asked for";
      EXPECT_EQ(report.spent[static_cast<std::size_t>(Phase::sample)], Duration::zero());
      EXPECT_LT(report.budget_mj, kAllowance);
    } else {
      ++worked;
      EXPECT_TRUE(report.inferred);
      EXPECT_TRUE(report.has(Breach::energy));
      EXPECT_FALSE(report.has(Breach::budget));
      EXPECT_LT(report.budget_mj, 0) << "debt";
      dearest = std::max(dearest, cost(report));
    }
  }
  EXPECT_NEAR(static_cast<double>(slept) / static_cast<double>(worked), 2.0, 0.05);
  EXPECT_NEAR(dearest, 3 * kAllowance, 10);
  const double full = robot.budget().bucket().full_mj();
  EXPECT_LE(dearest_hour(robot.reports()), kHour + full + dearest - kAllowance);
  EXPECT_GE(dearest_hour(robot.reports()), 0.9 * kHour) << "and no more is held back than must be";
}

TEST_F(OverspendTest, overspend_over_makes_the_robot_work_every_cycle_again) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kFit);
  backend_.takes(milliseconds(1000));
  robot.run_cycles(1);
  backend_.takes(milliseconds(20));
  robot.run_cycles(40);
  const auto& reports = robot.reports();
  ASSERT_TRUE(slept_through(reports[kFit + 1]));
  for (std::size_t i = reports.size() - 20; i < reports.size(); ++i) EXPECT_EQ(reports[i].breaches, 0u);
}

TEST_F(OverspendTest, overspend_survives_a_restart_with_its_debt) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kFit);
  backend_.takes(milliseconds(1000));  // 7500 mJ, more than ten allowances
  robot.run_cycles(1);
  backend_.takes(milliseconds(20));
  const double debt = robot.reports().back().budget_mj;
  ASSERT_LT(debt, -6000);
  robot.restart_detector();  // killed asleep: its debt, less what has flowed in since
  EXPECT_NEAR(robot.budget().bucket().balance_mj(), debt + kAllowance / 2, kAllowance);
  const std::size_t before = robot.reports().size();
  robot.run_cycles(20);
  std::size_t slept = 0;
  while (before + slept < robot.reports().size() && slept_through(robot.reports()[before + slept])) ++slept;
  EXPECT_NEAR(static_cast<double>(slept), -debt / kAllowance + 1, 1.5);
  EXPECT_FALSE(slept_through(robot.reports().back()));
}

TEST_F(OverspendTest, overspend_survives_an_orderly_end_with_its_debt_and_no_more) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kFit);
  backend_.takes(milliseconds(1000));
  robot.run_cycles(1);
  const double debt = robot.reports().back().budget_mj;
  robot.run_for(Duration(1));  // asleep
  robot.world().stop(robot.detector_index());
  robot.run_for(Duration(1));
  ASSERT_EQ(robot.detector_exit(), 0);
  auto again = StoredBudget::open(robot.files(), "/state", contract_.terms(), "stepped", clock_.now().boot);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->damage().has_value());
  EXPECT_GE(again->bucket().balance_mj(), debt - 0.01);
  EXPECT_LT(again->bucket().balance_mj(), debt + kAllowance + 1);
}

TEST_F(OverspendTest, overspend_of_a_process_that_was_killed_in_its_cycle_is_charged_once) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  robot.run_for(milliseconds(499));  // nearly all of the window
  robot.restart_detector();          // no goodbye, no last save
  robot.run_cycles(3);
  EXPECT_TRUE(slept_through(robot.reports()[3]));
  EXPECT_FALSE(slept_through(robot.reports()[5]));
}

TEST_F(OverspendTest, overspend_none_of_a_process_that_was_killed_asleep) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  for (int i = 0; i < 20; ++i) {
    robot.run_for(contract_.period() - milliseconds(100));
    robot.restart_detector();
  }
  robot.run_cycles(1);
  for (const CycleReport& report : robot.reports()) EXPECT_FALSE(slept_through(report)) << report.cycle;
}

TEST_F(OverspendTest, overspend_budget_that_is_damaged_is_taken_as_spent_and_fills_again) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  robot.files().put("/state/energy/budget", as_bytes("rubbish"), 0644);
  robot.restart_detector();
  ASSERT_TRUE(robot.budget().damage().has_value());
  EXPECT_EQ(robot.budget().damage()->reason, Reason::budget_damaged);
  robot.run_cycles(3);
  EXPECT_TRUE(slept_through(robot.reports()[3]));
  EXPECT_FALSE(slept_through(robot.reports()[5]));
}

TEST_F(OverspendTest, overspend_cannot_hide_behind_a_meter_that_measures_nothing) {
  NoMeter meter;
  Robot::Setup parts = setup();
  parts.meter = &meter;
  Robot robot(parts, clock_);
  robot.run_cycles(50);
  for (const CycleReport& report : robot.reports()) {
    ASSERT_EQ(report.breaches, 0u) << report.cycle << ": each is charged its allowance, which is there";
    ASSERT_LT(report.budget_mj, robot.budget().bucket().full_mj() - 0.9 * kAllowance);
    ASSERT_GT(report.unmeasured, Duration::zero());
    ASSERT_EQ(report.energy_source.view(), "none");
  }
}

// The module rail of a fake sysfs, as the detector sees it.
class RailTest : public OverspendTest {
 protected:
  RailTest() {
    tree_.put("/sys/class/hwmon/hwmon3/name", "ina3221");
    tree_.put("/sys/class/hwmon/hwmon3/in1_label", "VDD_IN");
    tree_.put("/sys/class/hwmon/hwmon3/in1_input", "5000");
    tree_.put("/sys/class/hwmon/hwmon3/curr1_input", [this] { return std::to_string(mw_() / 5); });
    meter_ = probe_meter(tree_, kPower);
  }
  Robot::Setup setup() {
    Robot::Setup parts = OverspendTest::setup();
    parts.meter = meter_.get();
    return parts;
  }
  FakeSystemTree tree_;
  std::function<std::int64_t()> mw_ = [] { return 4050; };
  std::unique_ptr<EnergyMeter> meter_;
};

TEST_F(RailTest, names_the_rail_and_its_coverage_and_marks_the_sleep_as_interpolated) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  const CycleReport& report = robot.reports().back();
  EXPECT_EQ(report.energy_source.view(), "ina3221 VDD_IN");
  EXPECT_EQ(report.energy_coverage.view(), "module, without carrier board");
  EXPECT_TRUE(report.sleep_interpolated);
  EXPECT_EQ(report.unmeasured, Duration::zero());
  EXPECT_EQ(report.idle_rail_mw, 4050);
  EXPECT_DOUBLE_EQ(report.energy_mj[static_cast<std::size_t>(Phase::sample)], 25) << "50 mW x 0.5 s";
}

TEST_F(RailTest, a_rail_above_the_idle_limit_at_the_release_deadline_is_a_breach_with_the_figure) {
  Robot robot(setup(), clock_);
  robot.run_cycles(2);
  const std::int64_t limit = contract_.terms().power.idle_mw;
  mw_ = [limit] { return limit + 1000; };
  robot.run_cycles(2);
  EXPECT_TRUE(robot.reports().back().has(Breach::idle));
  EXPECT_EQ(robot.reports().back().idle_rail_mw, limit + 1000);
  mw_ = [] { return 4050; };
  robot.run_cycles(2);
  EXPECT_FALSE(robot.reports().back().has(Breach::idle));
}

TEST_F(RailTest, a_rail_that_falls_before_the_release_deadline_is_no_breach) {
  Robot robot(setup(), clock_);
  robot.run_cycles(2);
  // High while the cycle works, down within the release deadline of half a second.
  const BootTime woke = robot.reports().back().woke.boot;
  mw_ = [this, woke] {
    const Duration into = (clock_.now().boot - woke) % contract_.period();
    const bool high = into >= milliseconds(400) && into < milliseconds(800);
    return high ? std::int64_t{4600} : std::int64_t{4050};
  };
  robot.run_cycles(3);
  EXPECT_FALSE(robot.reports().back().has(Breach::idle));
  EXPECT_EQ(robot.reports().back().idle_rail_mw, 4050);
}

TEST_F(RailTest, a_channel_that_fails_is_named_counted_as_unmeasured_and_comes_back) {
  Robot robot(setup(), clock_);
  robot.run_cycles(2);
  tree_.fail("/sys/class/hwmon/hwmon3/curr1_input", EIO);
  robot.run_cycles(2);
  const CycleReport& failed = robot.reports().back();
  EXPECT_EQ(failed.energy_source.view(), "ina3221 VDD_IN: EIO");
  EXPECT_GE(failed.unmeasured, contract_.sample());
  EXPECT_EQ(failed.idle_rail_mw, -1);
  EXPECT_FALSE(failed.has(Breach::idle));
  tree_.fail("/sys/class/hwmon/hwmon3/curr1_input", 0);
  robot.run_cycles(3);
  EXPECT_EQ(robot.reports().back().energy_source.view(), "ina3221 VDD_IN");
  EXPECT_EQ(robot.reports().back().unmeasured, Duration::zero());
}

TEST_F(RailTest, is_read_at_borders_alone_and_wakes_nobody) {
  Robot declared(OverspendTest::setup(), clock_);
  declared.run_cycles(10);
  const std::uint64_t without = declared.world().wakes(declared.detector_index());
  FakeClock clock;
  WatchedBackend backend(clock);
  TaggedSource source(contract_);
  Robot::Setup parts = setup();
  parts.source = &source;
  parts.backend = &backend;
  parts.residency = &backend.device();
  const std::uint64_t reads = tree_.reads("/sys/class/hwmon/hwmon3/curr1_input");
  Robot robot(parts, clock);
  robot.run_cycles(10);
  EXPECT_EQ(robot.world().wakes(robot.detector_index()), without);
  // The eleventh has begun. A border each for wake, sample, drain, infer, release, report, sleep, and one
  // look after release.
  EXPECT_LE(tree_.reads("/sys/class/hwmon/hwmon3/curr1_input") - reads, 11 * 8u);
}

}  // namespace
}  // namespace torpor
