// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What happens to a bearing whose alarm is latched already, on stepped time: it is seen, and the
// alarm stays the one it was.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sim/fake/told.h"

namespace torpor {
namespace {

constexpr std::uint64_t kLearning = 240;

class CrossingsTest : public ::testing::Test {
 protected:
  static Contract contract() {
    Terms t = incident_contract(5500).terms();
    t.alarm.cycles_between_false_alarms = 1'000'000;
    return contract_for_test(t);
  }
  CrossingsTest() {
    robot_.run_cycles(kLearning);
    backend_.damaged = true;
    until([](const Verdict& v) { return v.latched; });
    id_ = last().first_crossing_cycle;
    EXPECT_EQ(last().further, FurtherCrossings{});
  }
  const Verdict& last() const { return robot_.reports().back().verdict; }
  template <class Happened>
  void until(Happened happened) {
    for (int i = 0; i < 200; ++i) {
      robot_.run_cycles(1);
      if (happened(last())) return;
    }
    ADD_FAILURE() << "did not happen";
  }
  void restart() {
    robot_.files().crash(3);
    robot_.restart_detector();
  }
  void the_alarm_is_the_one_it_was() {
    EXPECT_TRUE(last().latched);
    EXPECT_EQ(last().first_crossing_cycle, id_);
    EXPECT_EQ(last().arming_epoch, 1u);
  }

  const Contract contract_ = contract();
  HardSource source_{contract_};
  ToldBackend backend_{"cpu"};
  FakeResidency residency_;
  FakeClock clock_;
  Robot robot_{{.detector_contract = contract_,
                .sampler_contract = contract_,
                .source = &source_,
                .backend = &backend_,
                .residency = &residency_,
                .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000}},
               clock_};
  std::uint64_t id_ = 0;
};

TEST_F(CrossingsTest, evidence_that_fell_and_rises_again_is_counted_through_restarts) {
  backend_.damaged = false;
  until([](const Verdict& v) { return v.log_evidence < v.log_watch_threshold; });
  EXPECT_EQ(last().further.count, 0u);
  restart();
  backend_.damaged = true;
  until([](const Verdict& v) { return v.further.count > 0; });
  EXPECT_GE(last().log_evidence, last().log_alarm_threshold);
  EXPECT_EQ(last().further.cause, CrossingCause::evidence);
  EXPECT_EQ(last().further.newest_cycle, robot_.reports().back().cycle);
  const FurtherCrossings told = last().further;
  restart();
  robot_.run_cycles(5);
  EXPECT_EQ(last().further, told) << "the same damage is counted once";
  the_alarm_is_the_one_it_was();
}

TEST_F(CrossingsTest, a_row_of_shocks_is_counted_once_and_told_in_the_record) {
  robot_.run_cycles(1);
  source_.shocked = true;
  robot_.run_cycles(contract_.terms().alarm.shock_cycles - 1);
  EXPECT_EQ(last().kind, VerdictKind::shock);
  EXPECT_EQ(last().further.count, 0u);
  robot_.run_cycles(1);
  EXPECT_EQ(last().further.count, 1u);
  restart();
  robot_.run_cycles(4);
  EXPECT_EQ(last().further.count, 1u);
  EXPECT_EQ(last().further.cause, CrossingCause::shocks);
  the_alarm_is_the_one_it_was();
  auto reader = ReportReader::open(robot_.files(), Robot::kReports);
  ASSERT_TRUE(reader.ok());
  CycleReport newest;
  for (CycleReport report; *reader->next(report);) newest = report;
  EXPECT_EQ(newest.verdict.further, last().further);
}

TEST_F(CrossingsTest, a_sensor_that_fails_shows_as_a_fault_and_is_no_crossing) {
  source_.stuck = true;
  robot_.run_cycles(3);
  EXPECT_EQ(last().kind, VerdictKind::sensor_fault);
  EXPECT_EQ(last().further.count, 0u);
  the_alarm_is_the_one_it_was();
}

TEST_F(CrossingsTest, what_was_counted_survives_the_loss_of_the_log_and_that_of_the_evidence_file) {
  source_.shocked = true;
  robot_.run_cycles(contract_.terms().alarm.shock_cycles);
  ASSERT_EQ(last().further.count, 1u);
  source_.shocked = false;
  robot_.files().crash();
  robot_.files().remove_tree(Robot::kReports);
  robot_.restart_detector();
  robot_.run_cycles(1);
  EXPECT_EQ(last().further.count, 1u);
  robot_.files().crash();
  robot_.files().remove_tree("/state/baseline");
  robot_.restart_detector();
  robot_.run_cycles(1);
  EXPECT_EQ(last().further.count, 1u);
  the_alarm_is_the_one_it_was();
}

}  // namespace
}  // namespace torpor
