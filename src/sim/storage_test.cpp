// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A robot whose disk is full, read-only, slow or gone, on stepped time: it goes on looking.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kWell = 5;
constexpr std::uint64_t kIll = 200;

class StorageTest : public ::testing::Test {
 protected:
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000},
            .disk = &disk_};
  }
  static std::vector<CycleReport> records(MemoryFiles& disk) {
    std::vector<CycleReport> all;
    auto reader = ReportReader::open(disk, Robot::kReports);
    EXPECT_TRUE(reader.ok());
    for (CycleReport report; *reader->next(report);) all.push_back(report);
    return all;
  }
  // The cycles with an ill disk were lived as any other, each in its slot.
  void looked_on(const Robot& robot, std::size_t from, std::size_t to) {
    ASSERT_GE(robot.reports().size(), to);
    ASSERT_FALSE(robot.detector_exit().has_value());
    for (std::size_t i = from; i < to; ++i) {
      const CycleReport& report = robot.reports()[i];
      ASSERT_EQ(report.cycle, i + 1);
      ASSERT_TRUE(report.window_complete) << report.cycle;
      ASSERT_EQ(report.woke.boot, report.slot) << report.cycle;
      ASSERT_NE(report.verdict.reason, VerdictReason::budget_spent) << report.cycle;
    }
  }
  // The first record after a gap, and what it says of it.
  void told_the_gap(MemoryFiles& disk, std::uint64_t missing) {
    const std::vector<CycleReport> log = records(disk);
    std::uint64_t told = 0;
    std::uint64_t gap = 0;
    std::uint64_t cycle = 0;
    for (const CycleReport& report : log) {
      ASSERT_GT(report.cycle, cycle);
      gap += report.cycle - cycle - 1;
      told += report.unwritten;
      if (report.unwritten != 0) {
        EXPECT_TRUE(report.has(Breach::storage));
        EXPECT_FALSE(report.storage_note.empty());
      }
      cycle = report.cycle;
    }
    EXPECT_EQ(gap, missing);
    EXPECT_EQ(told, missing);
    EXPECT_FALSE(log.back().has(Breach::storage)) << "well again";
  }

  FakeClock clock_;
  const Contract contract_ = incident_contract(5500);
  TaggedSource source_{contract_};
  WatchedBackend backend_{clock_};
  MemoryFiles disk_;
};

TEST_F(StorageTest, full_for_200_cycles_looks_go_on_and_the_gap_is_told) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().set_capacity(robot.files().used());
  const std::uint64_t used = robot.files().used();
  robot.run_cycles(kIll);
  looked_on(robot, 0, kWell + kIll);
  EXPECT_TRUE(robot.reports().back().has(Breach::storage));
  EXPECT_EQ(robot.reports().back().unwritten, kIll - 1);
  EXPECT_LE(robot.files().used(), used) << "and nothing is left behind";
  EXPECT_LT(robot.files().list(Robot::kReports)->size(), 3u);
  robot.files().set_capacity(1 << 30);
  robot.run_cycles(3);
  told_the_gap(robot.files(), kIll);
}

TEST_F(StorageTest, read_only_for_200_cycles_looks_go_on_through_learning_into_service) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().set_read_only(true);
  robot.run_cycles(kIll + 60);
  looked_on(robot, 0, kWell + kIll + 60);
  EXPECT_NE(robot.reports().back().verdict.kind, VerdictKind::not_scored) << "armed in memory";
  robot.files().set_read_only(false);
  robot.run_cycles(2);
  told_the_gap(robot.files(), kIll + 60);
  // What was armed in memory is on disk now.
  robot.files().crash();
  robot.restart_detector();
  EXPECT_EQ(robot.appraiser().judge().state(), JudgeState::armed);
  robot.run_cycles(2);
  EXPECT_EQ(robot.reports().back().verdict.arming_epoch, 1u);
}

TEST_F(StorageTest, a_detector_starts_on_a_read_only_disk_and_on_a_full_one) {
  for (const bool read_only : {true, false}) {
    Robot robot(setup(), clock_);
    robot.run_cycles(kWell);
    robot.files().crash(7);
    if (read_only) {
      robot.files().set_read_only(true);
    } else {
      robot.files().set_capacity(robot.files().used());
    }
    robot.restart_detector();
    robot.run_cycles(3);
    ASSERT_GE(robot.reports().size(), kWell + 3);
    EXPECT_TRUE(robot.reports().back().window_complete);
    EXPECT_TRUE(robot.reports().back().has(Breach::storage));
    robot.files().set_read_only(false);
    robot.files().set_capacity(1 << 30);
    robot.run_cycles(2);
    EXPECT_FALSE(robot.reports().back().has(Breach::storage));
    EXPECT_EQ(records(robot.files()).back().cycle, robot.reports().back().cycle);
  }
}

// 20 ms a call, some twenty calls a cycle.
TEST_F(StorageTest, slow_for_200_cycles_looks_go_on_within_their_slots) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().on_operation([this] { clock_.advance(milliseconds(20)); });
  robot.run_cycles(kIll);
  looked_on(robot, 0, kWell + kIll);
  EXPECT_EQ(records(robot.files()).size(), robot.reports().size());
}

TEST_F(StorageTest, a_log_that_is_removed_under_the_detector_begins_anew_with_the_next_record) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().remove_tree(Robot::kReports);
  robot.run_cycles(3);
  const std::vector<CycleReport> log = records(robot.files());
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log.front().cycle, kWell + 1);
  EXPECT_EQ(log.back().cycle, kWell + 3);
}

TEST_F(StorageTest, a_state_directory_that_is_removed_under_the_detector_is_made_anew) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().remove_tree("/state");
  robot.run_cycles(2);
  EXPECT_FALSE(robot.reports().back().has(Breach::storage));
  EXPECT_TRUE(robot.files().exists("/state/energy/budget"));
  EXPECT_EQ(robot.files().list("/state/baseline")->size(), 1u) << "the evidence; the fit is saved when due";
}

// Without its log a detector goes on from the evidence file: no number comes twice.
TEST_F(StorageTest, a_log_lost_between_two_starts_costs_no_number) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().crash();
  robot.files().remove_tree(Robot::kReports);
  robot.restart_detector();
  robot.run_cycles(1);
  EXPECT_EQ(records(robot.files()).front().cycle, kWell + 1);
}

TEST_F(StorageTest, a_full_disk_at_the_end_is_no_other_end) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kWell);
  robot.files().set_read_only(true);
  robot.world().stop(robot.detector_index());
  robot.run_for(milliseconds(1));
  EXPECT_EQ(robot.detector_exit(), 0);
  EXPECT_TRUE(robot.detector().unsaved().has_value());
}

}  // namespace
}  // namespace torpor
