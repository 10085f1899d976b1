// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/report_builder.h"

#include <gtest/gtest.h>

#include "base/fake/fake_clock.h"
#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "power/declared_meter.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ReportBuilderTest : public ::testing::Test {
 protected:
  static Terms terms() {
    Terms t = terms_for_test();
    t.power.sleep_level = SleepLevel::suspend;
    return t;
  }
  StoredBudget open() {
    EXPECT_TRUE(files_.make_directories("/state").ok());
    return *StoredBudget::open(files_, "/state", contract_.terms(), "boot", clock_.now().boot);
  }
  ReportBuilder builder(double speed = 1) {
    return ReportBuilder(contract_, {.device = "robot", .boot_id = "boot", .speed = speed});
  }
  // A cycle with its phases as long as these.
  const CycleReport& run(ReportBuilder& of, Duration sample, Duration infer) {
    ++cycle_;
    of.begin(cycle_, clock_.now().boot, clock_.now(), cycle_ == 1);
    EXPECT_TRUE(ledger_.begin(clock_.now().boot));
    ledger_.enter(Phase::sample);
    clock_.advance(sample);
    ledger_.enter(Phase::infer);
    clock_.advance(infer);
    ledger_.enter(Phase::release);
    ledger_.close();
    of.finish(0, ledger_);
    ledger_.sleep();
    return of.report();
  }

  FakeClock clock_;
  MemoryFiles files_;
  const Contract contract_ = contract_for_test(terms());
  StoredBudget budget_ = open();
  DeclaredMeter meter_{{.idle_mw = 1, .sample_mw = 1, .infer_mw = 1, .sleep_mw = 1}};
  CycleLedger ledger_{{.clock = clock_, .meter = meter_, .budget = budget_}};
  std::uint64_t cycle_ = 0;
  const Duration limit_ = milliseconds(contract_.terms().power.awake_limit_ms);
};

TEST_F(ReportBuilderTest, awake_is_broken_one_nanosecond_beyond_the_limit) {
  ReportBuilder at_limit = builder();
  EXPECT_FALSE(run(at_limit, limit_ - seconds(1), seconds(1)).has(Breach::awake));
  ReportBuilder beyond = builder();
  EXPECT_TRUE(run(beyond, limit_ - seconds(1), seconds(1) + Duration(1)).has(Breach::awake));
}

// 20 ms of work look like 1.2 s on a clock that runs at sixty times, and are 20 ms.
TEST_F(ReportBuilderTest, a_fast_clock_breaks_no_limit_that_a_real_one_keeps) {
  ReportBuilder fast = builder(60);
  const Duration deadline = milliseconds(contract_.terms().power.infer_deadline_ms);
  const CycleReport& report = run(fast, contract_.sample(), 60 * deadline);
  EXPECT_GT(60 * deadline, limit_);
  EXPECT_FALSE(report.has(Breach::awake));
  EXPECT_FALSE(report.has(Breach::infer_deadline));
  EXPECT_EQ(awake_of(report), contract_.sample() + deadline);
}

TEST_F(ReportBuilderTest, an_interval_is_judged_against_the_period_and_its_tolerance) {
  ReportBuilder one = builder();
  EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::interval)) << "none before the first";
  const Duration tolerance = milliseconds(contract_.terms().duty.interval_tolerance_ms);
  clock_.advance(contract_.period() - seconds(2) - tolerance);
  EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::interval));
  clock_.advance(contract_.period() - seconds(2) + tolerance + Duration(1));
  EXPECT_TRUE(run(one, seconds(1), seconds(1)).has(Breach::interval));
}

TEST_F(ReportBuilderTest, nobody_said_how_it_slept_until_the_sampler_does) {
  ReportBuilder one = builder();
  one.begin(1, {}, {}, true);
  EXPECT_TRUE(one.report().sleep_note.empty()) << "no sleep before the first";
  one.begin(2, {}, {}, false);
  EXPECT_FALSE(one.report().sleep_note.empty());
  one.slept({.level = SleepLevel::suspend, .slept = seconds(50)});
  EXPECT_TRUE(one.report().sleep_note.empty());
}

TEST_F(ReportBuilderTest, a_stop_and_lost_slots_are_told_once) {
  ReportBuilder one = builder();
  one.stopped({.after = seconds(20), .limit = seconds(15)});
  EXPECT_TRUE(run(one, seconds(1), seconds(1)).has(Breach::dead_man));
  one.skipped(3);
  const CycleReport& next = run(one, seconds(1), seconds(1));
  EXPECT_FALSE(next.has(Breach::dead_man));
  EXPECT_EQ(next.slots_skipped, 3u);
  EXPECT_EQ(run(one, seconds(1), seconds(1)).slots_skipped, 0u);
}

TEST_F(ReportBuilderTest, a_stop_for_what_came_too_early_is_no_long_wake) {
  for (const StopCause cause : {StopCause::early, StopCause::flood}) {
    ReportBuilder one = builder();
    one.stopped({.after = seconds(20), .limit = seconds(55), .cause = {cause}});
    const CycleReport& told = run(one, seconds(1), seconds(1));
    EXPECT_TRUE(told.has(Breach::early));
    EXPECT_FALSE(told.has(Breach::dead_man));
    EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::early));
  }
}

TEST_F(ReportBuilderTest, a_wiped_counter_of_either_role_is_a_breach_of_one_record) {
  for (const LinkRole role : {LinkRole::sampler, LinkRole::detector}) {
    ReportBuilder one = builder();
    EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
    one.notice(role, "rollback_state_wiped");
    EXPECT_TRUE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
    EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
    one.notice(role, "another_word");
    EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
  }
}

// Log and counter wiped together look like a new robot from here; the alert tells them apart, by
// whether the robot was known before (deploy/prometheus/torpor.rules.yml).
TEST_F(ReportBuilderTest, a_wipe_of_everything_is_a_breach_of_the_first_cycle) {
  ReportBuilder one = builder();
  one.notice(LinkRole::detector, "rollback_state_wiped");
  EXPECT_TRUE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
  EXPECT_FALSE(run(one, seconds(1), seconds(1)).has(Breach::wiped));
}

TEST_F(ReportBuilderTest, what_the_sampler_could_not_write_is_told_once_beside_what_we_could_not) {
  ReportBuilder of = builder();
  StorageState storage;
  of.sampler_unkept(Reason::file_denied);
  run(of, seconds(1), seconds(1));
  of.stored(storage);
  EXPECT_TRUE(of.report().has(Breach::storage));
  EXPECT_EQ(of.report().storage_note.view(), "sampler: file_denied");
  EXPECT_EQ(of.report().unwritten, 0u);
  run(of, seconds(1), seconds(1));
  of.stored(storage);
  EXPECT_FALSE(of.report().has(Breach::storage));
  of.sampler_unkept(Reason::file_denied);
  ASSERT_TRUE(storage.take(Error{.reason = Reason::io_failed}).ok());
  run(of, seconds(1), seconds(1));
  of.stored(storage);
  EXPECT_EQ(of.report().storage_note.view(), "io_failed; sampler: file_denied");
}

TEST_F(ReportBuilderTest, the_first_failure_is_the_one_that_is_told) {
  ReportBuilder one = builder();
  one.begin(1, {}, {}, true);
  one.backend_failed(Error{.reason = Reason::worker_died}.saw("signal 9"));
  one.backend_failed(Error{.reason = Reason::worker_deadline});
  EXPECT_EQ(one.report().backend_note.view(), "worker_died: signal 9");
}

}  // namespace
}  // namespace torpor
