// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A detector that dies in every life and is started again ten seconds later, as systemd does it, for
// an hour of stepped time: what it then takes is held against the contract's hour.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PowerModel kPower{.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000};
constexpr Duration kRestart = seconds(10);     // RestartSec= of torpord.service
constexpr Duration kAgreed = milliseconds(1);  // nothing waits in a stepped world
constexpr Duration kInference = milliseconds(25);
constexpr double kAllowance = 700;         // mJ, of which 500 are sampling and 175 inference
constexpr double kHour = 60 * kAllowance;  // a cycle a minute, and not one more

// One look a minute: restarts come six times as often as the contract has cycles.
Contract minute_contract() {
  Terms t = incident_contract(59'500).terms();
  t.power.active_mj_per_cycle = static_cast<std::uint32_t>(kAllowance);
  t.power.mj_per_hour = static_cast<std::uint32_t>(kHour);
  return contract_for_test(t);
}

// How long the sensor ran, whatever became of the window.
class TimedSource final : public SampleSource {
 public:
  TimedSource(const Contract& contract, const Clock& clock) : inner_(contract), clock_(clock) {}
  SensorFacts describe() const override { return inner_.describe(); }
  Status start(std::uint64_t window, std::uint32_t samples, const TimeStamp& now) override {
    stop();
    since_ = now.boot;
    return inner_.start(window, samples, now);
  }
  Result<SourceStep> poll(const TimeStamp& now) override {
    auto step = inner_.poll(now);
    if (step && step->next == BootTime::max()) stop();
    return step;
  }
  void stop() override {
    if (since_) ran += clock_.now().boot - *since_;
    since_.reset();
    inner_.stop();
  }
  Context context() const override { return inner_.context(); }
  bool ended() const override { return false; }

  Duration ran{};

 private:
  TaggedSource inner_;
  const Clock& clock_;
  std::optional<BootTime> since_;
};

// Where in its life the process dies.
struct Death {
  std::string name;
  Duration after{};                // its start
  std::uint64_t storage_call = 0;  // the first at its cycle's end that no longer reached the disk; 0: all did
};

void PrintTo(const Death& death, std::ostream* out) { *out << death.name; }

std::vector<Death> deaths() {
  std::vector<Death> all = {{.name = "as_soon_as_it_has_agreed", .after = kAgreed},
                            {.name = "early_in_its_window", .after = milliseconds(100)},
                            {.name = "late_in_its_window", .after = milliseconds(499)},
                            {.name = "falling_asleep", .after = milliseconds(600)},
                            {.name = "asleep", .after = seconds(30)},
                            {.name = "at_the_end_of_its_sleep", .after = milliseconds(59'900)}};
  // The first stands for all before it, too: nothing is written between the agreement and the report, so
  // one that dies inferring leaves the same and has taken less.
  for (std::uint64_t call = 1; call <= 16; ++call)
    all.push_back({.name = "at_storage_call_" + std::to_string(call) + "_after_its_inference",
                   .after = milliseconds(600),
                   .storage_call = call});
  return all;
}

class CrashLoopTest : public ::testing::TestWithParam<Death> {
 protected:
  CrashLoopTest() { backend_.takes(kInference); }
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = kPower,
            .peer_timeout = seconds(60)};
  }
  // One life and the wait for the next.
  void live_and_die(Robot& robot) {
    robot.run_for(kAgreed);
    robot.files().lose_power_at(GetParam().storage_call);
    robot.run_for(GetParam().after - kAgreed);
    robot.link().hang_up();
    robot.world().freeze(robot.detector_index());
    robot.run_for(kRestart);
    if (GetParam().storage_call > 0) robot.files().crash(0);
    robot.restart_detector();
    ++lives_;
  }
  // What it really took above idle, counted outside of the processes that died.
  double taken_mj() const {
    const auto mj = [](Duration time, std::int64_t mw) {
      return std::chrono::duration<double>(time).count() * static_cast<double>(mw - kPower.idle_mw);
    };
    return mj(source_.ran, kPower.sample_mw) +
           mj(kInference * static_cast<std::int64_t>(backend_.runs().size()), kPower.infer_mw);
  }

  FakeClock clock_;
  const Contract contract_ = minute_contract();
  TimedSource source_{contract_, clock_};
  WatchedBackend backend_{clock_};
  int lives_ = 0;
};

TEST_P(CrashLoopTest, takes_no_more_in_an_hour_than_the_contract_has_and_one_bucket) {
  Robot robot(setup(), clock_);
  const BootTime end = clock_.now().boot + hours(1);
  while (clock_.now().boot < end) live_and_die(robot);
  EXPECT_GT(lives_, 50) << "it was a loop";
  const double full = robot.budget().bucket().full_mj();
  EXPECT_LE(taken_mj(), kHour + full);
  // The sampler gives no slot twice, but what a process asks for is the budget's to say: of its own
  // accord it begins no more cycles than are paid for.
  const auto& counts = robot.sampler().counts();
  EXPECT_LE(counts.windows_started + counts.windows_refused, kHour / kAllowance + 2);
}

// The loop is over, and so is what it owed: no cycle is slept through for longer than an allowance
// takes to flow in.
TEST_P(CrashLoopTest, that_ends_is_followed_by_whole_cycles_within_two_periods) {
  Robot robot(setup(), clock_);
  for (int i = 0; i < 20; ++i) live_and_die(robot);
  const std::size_t before = robot.reports().size();
  robot.run_cycles(4);
  const auto& reports = robot.reports();
  ASSERT_EQ(reports.size(), before + 4);
  EXPECT_EQ(reports[before + 2].breaches, 0u);
  EXPECT_EQ(reports[before + 3].breaches, 0u);
  EXPECT_TRUE(reports.back().window_complete);
}

INSTANTIATE_TEST_SUITE_P(Phases, CrashLoopTest, ::testing::ValuesIn(deaths()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace torpor
