// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/cycle_ledger.h"

#include <gtest/gtest.h>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kAllowance = 10'000;  // mJ a cycle
constexpr double kPerHour = 360'000;   // 100 mJ a second

// Runs `speed` times too fast.
class ScaledClock final : public Clock {
 public:
  TimeStamp now() const override { return stamp; }
  ProcessUse process_use() const override { return use; }
  Duration real(Duration span) const override { return span / speed; }
  void advance(Duration by) { stamp.boot += by; }
  TimeStamp stamp{.boot = BootTime(seconds(1000))};
  ProcessUse use{};
  int speed = 1;
};

// 1 mW in every phase: as many mJ as seconds it is told.
class SecondMeter final : public EnergyMeter {
 public:
  std::string_view source() const override { return "test"; }
  std::string_view coverage() const override { return "test"; }
  EnergyCost lap(Phase phase, Duration span, bool held) override {
    held_in[static_cast<std::size_t>(phase)] = held;
    const double mj = watts * 1000 * std::chrono::duration<double>(span).count();
    return {.mj = measures ? mj : 0, .measured = measures};
  }
  Result<std::int64_t> rail_mw() override { return Error{.reason = Reason::system_absent}; }
  double watts = 0.001;
  bool measures = true;
  std::array<bool, kPhases> held_in{};
};

class CycleLedgerTest : public ::testing::Test {
 protected:
  static Terms terms() {
    Terms t = terms_for_test();
    t.power.active_mj_per_cycle = static_cast<std::uint32_t>(kAllowance);
    t.power.mj_per_hour = static_cast<std::uint32_t>(kPerHour);
    return t;
  }
  StoredBudget open() {
    EXPECT_TRUE(files_.make_directories("/state").ok());
    return *StoredBudget::open(files_, "/state", terms_, "boot", clock_.now().boot);
  }
  EnergyBudget& bucket() { return budget_.bucket(); }
  // A whole cycle: 1 s wake, 5 s sample, 1 s drain, 2 s infer, 1 s release, 1 s report.
  void cycle() {
    EXPECT_TRUE(ledger_.begin(clock_.now().boot));
    for (const auto& [seconds_in, next] :
         {std::pair{1, Phase::sample}, {5, Phase::drain}, {1, Phase::infer}, {2, Phase::release}}) {
      clock_.advance(seconds(seconds_in));
      ledger_.enter(next);
    }
    clock_.advance(seconds(1));
    ledger_.close();
    clock_.advance(seconds(1));
    ledger_.sleep();
  }
  Duration spent(Phase phase) const { return ledger_.costs().spent[static_cast<std::size_t>(phase)]; }
  double energy(Phase phase) const { return ledger_.costs().energy_mj[static_cast<std::size_t>(phase)]; }

  ScaledClock clock_;
  MemoryFiles files_;
  const Terms terms_ = terms();
  StoredBudget budget_ = open();
  SecondMeter meter_;
  CycleLedger ledger_{{.clock = clock_, .meter = meter_, .budget = budget_}};
};

TEST_F(CycleLedgerTest, every_moment_is_booked_once_to_the_phase_it_belongs_to) {
  cycle();
  EXPECT_EQ(spent(Phase::wake), seconds(1));
  EXPECT_EQ(spent(Phase::sample), seconds(5));
  EXPECT_EQ(spent(Phase::drain), seconds(1));
  EXPECT_EQ(spent(Phase::infer), seconds(2));
  EXPECT_EQ(spent(Phase::release), seconds(1));
  EXPECT_EQ(ledger_.costs().interval, Duration::zero()) << "the first";
  EXPECT_EQ(spent(Phase::report) + spent(Phase::sleep), Duration::zero()) << "none before it";
  const BootTime slept_from = clock_.now().boot;
  clock_.advance(seconds(49));
  ASSERT_TRUE(ledger_.begin(clock_.now().boot));
  EXPECT_EQ(spent(Phase::report), seconds(1));
  EXPECT_EQ(spent(Phase::sleep), seconds(49));
  EXPECT_EQ(ledger_.costs().slept_from, slept_from);
  EXPECT_EQ(ledger_.costs().interval, seconds(60));
}

TEST_F(CycleLedgerTest, charge_before_refill_both_flowed_through_the_same_sleep) {
  cycle();
  meter_.watts = 0.05;  // half of what flows in
  clock_.advance(hours(1));
  ASSERT_TRUE(ledger_.begin(clock_.now().boot));
  // An hour's inflow fills the bucket whatever that hour cost. The other way round, what the
  // sleep took would be missing from a full bucket.
  EXPECT_DOUBLE_EQ(bucket().balance_mj(), bucket().full_mj() - kAllowance);
}

TEST_F(CycleLedgerTest, the_allowance_makes_room_for_what_the_cycle_really_took) {
  meter_.watts = 0.5;
  cycle();
  EXPECT_NEAR(bucket().balance_mj(), bucket().full_mj() - 5000 + 1000, 1e-6)
      << "10 s at 0.5 W, and their inflow";
}

TEST_F(CycleLedgerTest, a_cycle_broken_off_is_charged_what_it_used_in_every_phase) {
  meter_.watts = 0.001;
  ASSERT_TRUE(ledger_.begin(clock_.now().boot));
  clock_.advance(seconds(1));
  ledger_.enter(Phase::sample);
  clock_.advance(seconds(5));
  ledger_.enter(Phase::drain);
  clock_.advance(seconds(2));
  ledger_.enter(Phase::infer);
  clock_.advance(seconds(3));
  ledger_.break_off();
  EXPECT_NEAR(bucket().balance_mj(), bucket().full_mj() - 11, 1e-6);
  ledger_.break_off();
  EXPECT_NEAR(bucket().balance_mj(), bucket().full_mj() - 11, 1e-6) << "once";
}

TEST_F(CycleLedgerTest, a_sleep_broken_off_is_charged_with_the_reporting_before_it) {
  cycle();
  const double before = bucket().balance_mj();
  clock_.advance(seconds(9));
  ledger_.break_off();
  EXPECT_NEAR(bucket().balance_mj(), before - 1 - 9, 1e-6);
}

TEST_F(CycleLedgerTest, work_that_was_not_measured_is_taken_for_a_whole_allowance) {
  meter_.measures = false;
  cycle();
  EXPECT_NEAR(bucket().balance_mj(), bucket().full_mj() - kAllowance + 1000, 1e-6);
  EXPECT_EQ(ledger_.costs().unmeasured, seconds(10));
}

TEST_F(CycleLedgerTest, a_cycle_that_cannot_be_paid_for_reserves_nothing_and_is_charged_what_it_took) {
  bucket().charge(bucket().full_mj());
  EXPECT_FALSE(ledger_.begin(clock_.now().boot));
  EXPECT_NEAR(bucket().balance_mj(), 0, 1e-6);
  ledger_.enter(Phase::release);
  meter_.watts = 2;
  clock_.advance(milliseconds(500));
  ledger_.close();
  EXPECT_NEAR(bucket().balance_mj(), -1000 + 50, 1e-6) << "1 J spent, half a second's inflow";
}

TEST_F(CycleLedgerTest, on_a_scaled_clock_a_wait_costs_as_long_as_it_says_and_work_as_long_as_it_took) {
  clock_.speed = 50;
  cycle();
  EXPECT_EQ(spent(Phase::sample), seconds(5));
  EXPECT_DOUBLE_EQ(energy(Phase::sample), 5);
  EXPECT_EQ(spent(Phase::infer), seconds(2));
  EXPECT_DOUBLE_EQ(energy(Phase::infer), 2.0 / 50);
}

TEST_F(CycleLedgerTest, the_meter_knows_in_which_spans_a_device_was_held) {
  ASSERT_TRUE(ledger_.begin(clock_.now().boot));
  ledger_.enter(Phase::infer);
  ledger_.hold(true);
  ledger_.enter(Phase::release);
  ledger_.hold(false);
  ledger_.close();
  EXPECT_FALSE(meter_.held_in[static_cast<std::size_t>(Phase::wake)]);
  EXPECT_TRUE(meter_.held_in[static_cast<std::size_t>(Phase::infer)]);
  EXPECT_FALSE(meter_.held_in[static_cast<std::size_t>(Phase::release)]);
}

TEST_F(CycleLedgerTest, processor_time_is_counted_from_report_to_report) {
  cycle();
  clock_.use.cpu += milliseconds(30);
  clock_.use.voluntary_switches += 2;
  clock_.advance(seconds(49));
  cycle();
  EXPECT_EQ(ledger_.costs().cpu, milliseconds(30));
  EXPECT_EQ(ledger_.costs().voluntary_switches_asleep, 2u);
}

TEST_F(CycleLedgerTest, a_phase_out_of_its_order_is_a_bug_and_ends_the_program) {
  ASSERT_TRUE(ledger_.begin(clock_.now().boot));
  ledger_.enter(Phase::drain);
  EXPECT_DEATH(ledger_.enter(Phase::sample), "ledger.phases_come_in_order");
}

}  // namespace
}  // namespace torpor
