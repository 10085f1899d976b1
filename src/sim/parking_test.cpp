// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A robot is not always driving: the real roles on stepped time, over a machine that stands, starts
// and stops.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sensor/simulated/simulated_bearing.h"
#include "sim/fake/told.h"
#include "verdict/store/baseline_files.h"

namespace torpor {
namespace {

constexpr std::uint64_t kFit = 120, kCalibration = 120, kLearning = kFit + kCalibration;
constexpr std::uint64_t kStandingCycles = 240;
constexpr std::uint64_t kForGood = 1'000'000;
constexpr std::uint64_t kWeek = 7 * 1440;

// Who says what the machine does.
enum class Told : std::uint8_t { by_speed, by_level };

class ParkingTest : public ::testing::TestWithParam<Told> {
 protected:
  static Contract contract(std::uint32_t calibration = kCalibration) {
    Terms t = incident_contract(59'500).terms();
    t.alarm.cycles_between_false_alarms = 1'000'000;
    t.alarm.calibration_cycles = calibration;
    t.machine.standing_cycles = kStandingCycles;
    return contract_for_test(t);
  }
  std::unique_ptr<SampleSource> machine(SimConfig config) const {
    config.seed = 5;
    config.states_speed = GetParam() == Told::by_speed;
    auto made = SimulatedBearing::make(config, contract_, 0);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  // The classical scores are those of the machine; the network's are a sound one's, or `damaged`.
  std::unique_ptr<Robot> robot(SampleSource& source) { return robot(source, contract_); }
  std::unique_ptr<Robot> robot(SampleSource& source, const Contract& contract) {
    return std::make_unique<Robot>(
        Robot::Setup{.detector_contract = contract,
                     .sampler_contract = contract,
                     .source = &source,
                     .backend = &backend_,
                     .residency = &residency_,
                     .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000}},
        clock_);
  }
  static void restart(Robot& robot) {
    robot.files().crash(3);
    robot.restart_detector();
  }
  static std::uint64_t count(const Robot& robot, VerdictReason reason) {
    std::uint64_t n = 0;
    for (const CycleReport& r : robot.reports()) n += r.verdict.reason == reason;
    return n;
  }
  static std::uint64_t scored(const Robot& robot) {
    std::uint64_t n = 0;
    for (const CycleReport& r : robot.reports()) n += r.inferred;
    return n;
  }
  static std::vector<std::byte> baseline(Robot& robot) {
    const auto path = baseline_paths("/state", robot.appraiser().judge().key()).baseline;
    return *robot.files().read(path, kMaxBaselineBytes);
  }

  const Contract contract_ = contract();
  ToldBackend backend_{"cpu"};
  FakeResidency residency_;
  FakeClock clock_;
};

TEST_P(ParkingTest, a_robot_that_is_parked_first_learns_nothing_and_then_drives_without_an_alarm) {
  const auto source = machine({.park_windows = 300, .drive_windows = kForGood});
  const auto parked = robot(*source);
  parked->run_cycles(150);
  restart(*parked);
  parked->run_cycles(140);
  EXPECT_GE(count(*parked, VerdictReason::standing), 285u) << "a restart may cost a window";
  EXPECT_EQ(parked->appraiser().judge().learned(), 0u);
  EXPECT_EQ(parked->reports().back().not_running, count(*parked, VerdictReason::standing))
      << "over the restart";
  EXPECT_TRUE(parked->reports().back().parked_too_long);
  for (int i = 0; i < 20 && parked->reports().back().machine.state == MachineState::standing; ++i)
    parked->run_cycles(1);
  EXPECT_EQ(parked->reports().back().verdict.reason, VerdictReason::changing);
  EXPECT_EQ(parked->reports().back().not_running, 0u);
  EXPECT_EQ(parked->appraiser().judge().learned(), 0u) << "a start is not learned from";
  parked->run_cycles(kFit / 2);
  restart(*parked);
  parked->run_cycles(kLearning - kFit / 2 + 20);  // some were learned and not saved
  restart(*parked);
  parked->run_cycles(300);
  EXPECT_EQ(parked->appraiser().judge().state(), JudgeState::armed);
  EXPECT_EQ(parked->reports().back().verdict.kind, VerdictKind::healthy);
  for (const CycleReport& r : parked->reports()) {
    EXPECT_NE(r.verdict.kind, VerdictKind::alarm) << r.cycle;
    EXPECT_NE(r.verdict.kind, VerdictKind::sensor_fault) << r.cycle;
  }
}

TEST_P(ParkingTest, parking_while_it_learns_makes_learning_longer_and_not_worse) {
  const auto source = machine({.park_windows = 7, .drive_windows = 12});
  const auto turns = robot(*source);
  for (std::uint64_t i = 0; i < 16; ++i) {
    turns->run_cycles(50);
    restart(*turns);
  }
  EXPECT_EQ(turns->appraiser().judge().state(), JudgeState::armed);
  EXPECT_GT(count(*turns, VerdictReason::changing), 60u);
  EXPECT_GT(count(*turns, VerdictReason::standing), 200u);
  for (const CycleReport& r : turns->reports()) EXPECT_NE(r.verdict.kind, VerdictKind::alarm) << r.cycle;
}

TEST_P(ParkingTest, an_armed_robot_that_parks_for_a_week_neither_alarms_nor_unlearns) {
  const auto source = machine({.park_from = 300, .park_windows = kWeek, .drive_windows = kForGood});
  const auto armed = robot(*source);
  armed->run_cycles(300);
  ASSERT_EQ(armed->appraiser().judge().state(), JudgeState::armed);
  EXPECT_EQ(armed->reports().back().verdict.reason, VerdictReason::changing) << "it comes to a stand";
  const auto learned = baseline(*armed);
  const SequentialState evidence = armed->appraiser().judge().evidence();
  const std::uint64_t runs = scored(*armed);
  armed->run_cycles(kWeek / 2);
  restart(*armed);
  armed->run_cycles(kWeek / 2 - 10);
  EXPECT_GE(count(*armed, VerdictReason::standing), kWeek - 15) << "a restart may cost a window";
  EXPECT_EQ(armed->reports().back().not_running, count(*armed, VerdictReason::standing));
  EXPECT_TRUE(armed->reports().back().parked_too_long);
  EXPECT_EQ(scored(*armed), runs) << "the network rests with the machine";
  EXPECT_EQ(baseline(*armed), learned);
  const SequentialState& after = armed->appraiser().judge().evidence();
  EXPECT_EQ(after.log_r, evidence.log_r);
  EXPECT_EQ(after.last_cycle, evidence.last_cycle);
  armed->run_cycles(200);
  EXPECT_EQ(armed->reports().back().verdict.kind, VerdictKind::healthy);
  for (const CycleReport& r : armed->reports()) EXPECT_FALSE(r.verdict.latched) << r.cycle;
}

TEST_P(ParkingTest, a_latched_alarm_stands_while_the_robot_does) {
  const auto source = machine({.park_from = 460, .park_windows = 60, .drive_windows = kForGood});
  const auto damaged = robot(*source);
  damaged->run_cycles(kLearning + 20);
  backend_.damaged = true;
  damaged->run_cycles(200);
  ASSERT_TRUE(damaged->reports().back().verdict.latched);
  const std::uint64_t crossing = damaged->reports().back().verdict.first_crossing_cycle;
  damaged->run_cycles(25);
  restart(*damaged);
  damaged->run_cycles(20);
  const Verdict& parked = damaged->reports().back().verdict;
  EXPECT_EQ(parked.kind, VerdictKind::not_scored);
  EXPECT_EQ(parked.reason, VerdictReason::standing);
  EXPECT_TRUE(parked.latched);
  EXPECT_EQ(parked.first_crossing_cycle, crossing);
  EXPECT_EQ(parked.further.count, 0u);
}

// Cycles that were scored between the onset of damage and the alarm.
std::uint64_t driven_to_the_alarm(Robot& robot, ToldBackend& backend) {
  for (int i = 0; i < 3000 && robot.appraiser().judge().state() != JudgeState::armed; ++i)
    robot.run_cycles(1);
  robot.run_cycles(30);
  backend.damaged = true;
  std::uint64_t scored = 0;
  for (int i = 0; i < 400 && !robot.reports().back().verdict.latched; ++i) {
    robot.run_cycles(1);
    scored += robot.reports().back().inferred;
  }
  EXPECT_TRUE(robot.reports().back().verdict.latched);
  backend.damaged = false;
  return scored;
}

TEST_P(ParkingTest, damage_is_found_after_as_many_driven_cycles_as_without_parking) {
  const Contract longer = contract(480);  // so that both judge with one detector: chance is no correlation
  const auto drives = machine({});
  const auto always = robot(*drives, longer);
  const std::uint64_t without = driven_to_the_alarm(*always, backend_);
  const auto parks = machine({.park_windows = 5, .drive_windows = 7});  // five of the seven are scored
  const auto turns = robot(*parks, longer);
  const std::uint64_t with = driven_to_the_alarm(*turns, backend_);
  ASSERT_EQ(always->appraiser().judge().calibration().detectors, 1u);
  ASSERT_EQ(turns->appraiser().judge().calibration().detectors, 1u);
  EXPECT_GT(without, 2u);
  EXPECT_LT(without, 20u);
  EXPECT_LE(with, without + 1);
  EXPECT_GE(with + 1, without);
  EXPECT_GT(count(*turns, VerdictReason::standing), 300u);
}

INSTANTIATE_TEST_SUITE_P(Told, ParkingTest, ::testing::Values(Told::by_speed, Told::by_level),
                         [](const auto& told) {
                           return told.param == Told::by_speed ? "by_speed" : "by_level";
                         });

}  // namespace
}  // namespace torpor
