// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A detector that dies at every storage call of the cycles around an alarm, on stepped time:
// what its record log told before is what it tells afterwards.
#include <gtest/gtest.h>

#include <map>

#include "contract/fake/example_contract.h"
#include "sim/fake/incident.h"
#include "sim/fake/told.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kFit = 120;
constexpr std::uint64_t kLearning = 240;

// What is wrong with the robot in a cycle of its life.
struct Trouble {
  bool damaged = false;
  bool shocked = false;
  bool first_backend_fails = false;
};
struct Story {
  const char* name;
  std::uint64_t from = 0;  // cycles in which it is killed
  std::uint64_t to = 0;
  bool with_fallback = false;
  Trouble (*trouble)(std::uint64_t cycle) = nullptr;
};

void PrintTo(const Story& story, std::ostream* out) { *out << story.name; }

struct Alarm {
  std::uint64_t epoch = 0;
  std::uint64_t cycle = 0;
  bool operator==(const Alarm&) const = default;
};

class KillsTest : public ::testing::TestWithParam<Story> {
 protected:
  static Contract contract() {
    Terms t = incident_contract(5500).terms();
    t.alarm.cycles_between_false_alarms = 1'000'000;
    return contract_for_test(t);
  }
  // The robot at the end of a cycle: its disk, and its clock.
  struct Moment {
    MemoryFiles disk;
    FakeClock clock;
  };
  Robot::Setup setup(const MemoryFiles* disk) {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &first_,
            .fallback = GetParam().with_fallback ? &second_ : nullptr,
            .residency = &residency_,
            .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000},
            .disk = disk};
  }
  void meet(const Trouble& trouble) {
    first_.damaged = second_.damaged = trouble.damaged;
    first_.fails = trouble.first_backend_fails;
    source_.shocked = trouble.shocked;
  }
  // A life that nothing disturbs; what it leaves after each cycle of the story.
  std::vector<Moment> live() {
    std::vector<Moment> moments;
    if (GetParam().with_fallback) learn_the_fallback();
    FakeClock clock = began_;
    Robot robot(setup(&disk_), clock);
    while (next_ <= GetParam().to) {
      if (next_ >= GetParam().from) moments.push_back({robot.files(), clock});
      meet(GetParam().trouble(next_));
      robot.run_cycles(1);
      EXPECT_EQ(robot.reports().back().cycle, next_);
      ++next_;
    }
    return moments;
  }
  // A process of the other backend was there before: both baselines are armed.
  void learn_the_fallback() {
    std::swap(first_, second_);
    Robot::Setup other = setup(&disk_);
    other.fallback = nullptr;
    Robot robot(other, began_);
    robot.run_cycles(kLearning);
    std::swap(first_, second_);
    disk_ = robot.files();
    next_ += kLearning;
  }
  static std::vector<CycleReport> records(MemoryFiles& disk) {
    std::vector<CycleReport> all;
    auto reader = ReportReader::open(disk, Robot::kReports);
    EXPECT_TRUE(reader.ok());
    for (CycleReport report; *reader->next(report);) all.push_back(report);
    return all;
  }
  // What must be true of any log, however often its writer died.
  void judge(const std::vector<CycleReport>& log) {
    std::uint64_t cycle = 0;
    std::map<std::string_view, std::uint64_t> epochs;  // armings so far, of each backend's baseline
    std::optional<Alarm> alarm;
    std::uint32_t further = 0;
    for (const CycleReport& report : log) {
      ASSERT_GT(report.cycle, cycle) << "a cycle number twice";
      const Verdict& v = report.verdict;
      cycle = report.cycle;
      const Alarm seen{v.arming_epoch, v.first_crossing_cycle};
      if (alarm) {
        ASSERT_TRUE(v.latched) << "forgotten at cycle " << report.cycle;
        ASSERT_EQ(seen, *alarm) << "another id at cycle " << report.cycle;
        ASSERT_GE(v.further.count, further) << "a crossing forgotten at cycle " << report.cycle;
        further = v.further.count;
      } else if (v.latched) {
        ASSERT_LE(v.first_crossing_cycle, report.cycle);
        alarm = seen;
        ++alarms_;
      } else {
        std::uint64_t& epoch = epochs[report.backend.view()];
        ASSERT_GE(v.arming_epoch, epoch) << "an arming fell at cycle " << report.cycle;
        epoch = v.arming_epoch;
      }
    }
  }

  const Contract contract_ = contract();
  HardSource source_{contract_};
  ToldBackend first_{"cuda"};
  ToldBackend second_{"cpu"};
  FakeResidency residency_;
  FakeClock began_;
  MemoryFiles disk_;
  std::uint64_t next_ = 1;
  int alarms_ = 0;
  int kills_ = 0;
};

// Killed, started again, and the bearing is quiet from then on, or goes on as it was.
TEST_P(KillsTest, at_every_storage_call_lose_no_alarm_and_double_none) {
  std::uint64_t cycle = GetParam().from;
  for (Moment& moment : live()) {
    for (const bool quiet : {true, false}) {
      for (std::uint64_t operation = 1;; ++operation) {
        FakeClock clock = moment.clock;
        Robot robot(setup(&moment.disk), clock);
        robot.files().lose_power_at(operation);
        meet(GetParam().trouble(cycle));
        robot.run_cycles(1);
        const bool died = robot.files().dark();
        robot.files().crash(7 * (operation % 3));
        const std::vector<CycleReport> told = records(robot.files());
        if (quiet) meet({});
        robot.restart_detector();
        robot.run_cycles(2);
        const std::vector<CycleReport> log = records(robot.files());
        ASSERT_NO_FATAL_FAILURE(judge(log)) << "killed in cycle " << cycle << " at operation " << operation;
        ASSERT_GT(log.size(), told.size()) << "it went on";
        if (!died) break;
        ++kills_;
      }
    }
    ++cycle;
  }
  EXPECT_GT(kills_, 500);
  EXPECT_GT(alarms_, 0) << "the story has an alarm";
}

INSTANTIATE_TEST_SUITE_P(
    Stories, KillsTest,
    ::testing::Values(
        Story{.name = "an_alarm_by_evidence",
              .from = kLearning - 2,
              .to = kLearning + 46,
              .trouble = [](std::uint64_t cycle) { return Trouble{.damaged = cycle > kLearning + 4}; }},
        Story{.name = "shocks_beside_an_alarm",
              .from = kLearning + 32,
              .to = kLearning + 54,
              .trouble =
                  [](std::uint64_t cycle) {
                    return Trouble{.damaged = cycle > kLearning + 4, .shocked = cycle > kLearning + 43};
                  }},
        Story{.name = "shocks_while_learning",
              .from = 40,
              .to = 60,
              .trouble = [](std::uint64_t cycle) { return Trouble{.shocked = cycle > 44}; }},
        Story{.name = "an_alarm_of_the_fallback",
              .from = 2 * kLearning + 4,
              .to = 2 * kLearning + 50,
              .with_fallback = true,
              .trouble =
                  [](std::uint64_t cycle) {
                    return Trouble{
                        .damaged = cycle > 2 * kLearning + 6,
                        .first_backend_fails = cycle > 2 * kLearning + 6 && cycle < 2 * kLearning + 40};
                  }}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace torpor
