// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/energy_budget.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <random>

#include "contract/fake/example_contract.h"

namespace torpor {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kCycle = 15'000;  // mJ; a cycle a minute takes the whole hour's budget
constexpr double kHour = 900'000;

Terms terms() {
  Terms t = terms_for_test();
  t.duty.interval_tolerance_ms = 500;
  t.power.active_mj_per_cycle = static_cast<std::uint32_t>(kCycle);
  t.power.mj_per_hour = static_cast<std::uint32_t>(kHour);
  return t;
}

const BootTime kStart{hours(30)};
const FixedString<36> kBoot("5b1c02f4-8f0e-4a53-9a3f-6f3d1b9e2c71");
const FixedString<36> kOtherBoot("00000000-8f0e-4a53-9a3f-6f3d1b9e2c71");

using Room = std::array<std::byte, EnergyBudget::kEncodedSize>;

TEST(EnergyBudget, pays_for_every_cycle_of_a_robot_that_keeps_its_allowance_however_it_jitters) {
  EnergyBudget budget(terms(), kStart);
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    const BootTime woke = kStart + i * minutes(1) + milliseconds(random() % 500);
    budget.refill(woke);
    ASSERT_TRUE(budget.pays_for_a_cycle()) << "cycle " << i;
    budget.reserve();
    budget.refill(woke + seconds(12));
    budget.settle(kCycle);
  }
}

TEST(EnergyBudget, an_overspent_cycle_is_slept_off_before_the_next) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(3 * kCycle);
  EXPECT_LT(budget.balance_mj(), 0);
  budget.refill(kStart + minutes(1));
  EXPECT_FALSE(budget.pays_for_a_cycle());
  budget.refill(kStart + minutes(2));
  EXPECT_FALSE(budget.pays_for_a_cycle());
  budget.refill(kStart + minutes(3));
  EXPECT_TRUE(budget.pays_for_a_cycle());
}

TEST(EnergyBudget, time_that_stands_still_or_goes_back_fills_nothing) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(2 * kCycle);
  const double balance = budget.balance_mj();
  budget.refill(kStart);
  budget.refill(kStart - hours(1));
  EXPECT_EQ(budget.balance_mj(), balance);
}

TEST(EnergyBudget, a_cost_that_is_no_cost_is_a_whole_cycle) {
  for (const double bad : {-1.0, std::nan(""), -std::numeric_limits<double>::infinity()}) {
    EnergyBudget budget(terms(), kStart);
    budget.charge(bad);
    EXPECT_DOUBLE_EQ(budget.full_mj() - budget.balance_mj(), kCycle);
  }
  EnergyBudget budget(terms(), kStart);
  budget.charge(std::numeric_limits<double>::infinity());
  budget.refill(kStart + hours(1'000'000));
  EXPECT_FALSE(budget.pays_for_a_cycle());
  EXPECT_TRUE(std::isfinite(budget.balance_mj()));
}

// Over any spending: the sum of any hour against the bound of the header.
TEST(EnergyBudget, no_hour_costs_more_than_the_hour_and_one_full_bucket_and_the_last_overrun) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    const bool overruns = seed % 2 == 0;
    EnergyBudget budget(terms(), kStart);
    struct Spent {
      BootTime when;
      double mj;
    };
    std::deque<Spent> hour;
    double sum = 0;
    BootTime now = kStart;
    for (int i = 0; i < 2000; ++i) {
      now += milliseconds(static_cast<std::int64_t>(uniform(random) * 90'000));
      budget.refill(now);
      if (!budget.pays_for_a_cycle()) continue;
      const double mj = kCycle * uniform(random) * (overruns && uniform(random) < 0.3 ? 8 : 1);
      budget.reserve();
      now += milliseconds(static_cast<std::int64_t>(uniform(random) * 9000));
      budget.refill(now);
      budget.settle(mj);
      hour.push_back({now, mj});
      sum += mj;
      while (now - hour.front().when > hours(1)) {
        sum -= hour.front().mj;
        hour.pop_front();
      }
      const double overrun = std::max(0.0, mj - kCycle);
      ASSERT_LE(sum, kHour + budget.full_mj() + overrun + 1e-6) << "seed " << seed << " cycle " << i;
    }
  }
}

TEST(EnergyBudget, a_restart_in_one_boot_keeps_the_balance_and_fills_it_by_the_time_that_passed) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(4 * kCycle);
  Room room;
  const Bytes stored = budget.encode(kBoot, EnergyBudget::kNoCycle, room);
  EnergyBudget again(terms(), kStart + minutes(2));
  ASSERT_TRUE(again.restore(stored, kBoot, kStart + minutes(2)).ok());
  EXPECT_NEAR(again.balance_mj(), budget.full_mj() - 4 * kCycle + 2 * kCycle, 0.002);
}

// A process that died: its last cycle left the bucket full but for `spent`, the next was to begin at
// `next`, and another process starts at `now`.
double balance_after_death(double spent, BootTime next, BootTime now) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(spent);
  Room room;
  const Bytes stored = budget.encode(kBoot, next, room);
  EnergyBudget again(terms(), now);
  EXPECT_TRUE(again.restore(stored, kBoot, now).ok());
  return again.balance_mj();
}

TEST(EnergyBudget, a_process_that_died_in_a_cycle_is_charged_what_it_can_have_taken_once) {
  const double full = EnergyBudget(terms(), kStart).full_mj();
  const BootTime next = kStart + minutes(1);
  EXPECT_NEAR(balance_after_death(0, next, next + seconds(30)), full - kCycle, 0.002);
  EXPECT_NEAR(balance_after_death(0, next, next + hours(30)), full - kCycle, 0.002)
      << "once, whenever it is found";
  EXPECT_NEAR(balance_after_death(0, next, next + milliseconds(500)), full - kCycle / 10, 0.002)
      << "a tenth of its window was sampled";
  EXPECT_NEAR(balance_after_death(0, next, next), full, 0.002);
}

TEST(EnergyBudget, a_process_that_died_asleep_or_reporting_is_charged_nothing_twice) {
  const double full = EnergyBudget(terms(), kStart).full_mj();
  for (const Duration after : {Duration(0), Duration(milliseconds(1)), Duration(seconds(59))})
    EXPECT_NEAR(balance_after_death(kCycle, kStart + minutes(1), kStart + after),
                full - kCycle + kHour / 3600 * std::chrono::duration<double>(after).count(), 0.01);
}

TEST(EnergyBudget, a_process_that_died_in_a_cycle_it_slept_through_is_not_charged_for_one) {
  const double full = EnergyBudget(terms(), kStart).full_mj();
  const BootTime next = kStart + minutes(1);
  EXPECT_NEAR(balance_after_death(3 * kCycle, next, next + seconds(30)), full - 3 * kCycle + 1.5 * kCycle,
              0.01);
}

TEST(EnergyBudget, a_new_boot_forgives_no_debt_and_takes_no_credit_away) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(3 * kCycle);
  Room room;
  EnergyBudget again(terms(), BootTime{seconds(20)});
  ASSERT_TRUE(again.restore(budget.encode(kBoot, kStart, room), kOtherBoot, BootTime{seconds(20)}).ok());
  EXPECT_NEAR(again.balance_mj(), budget.balance_mj(), 0.001);
  EnergyBudget credit(terms(), kStart);
  credit.charge(kCycle / 2);
  ASSERT_TRUE(again.restore(credit.encode(kBoot, kStart, room), kOtherBoot, BootTime{seconds(20)}).ok());
  EXPECT_TRUE(again.pays_for_a_cycle());
}

TEST(EnergyBudget, what_is_damaged_or_of_the_future_leaves_the_bucket_empty) {
  EnergyBudget budget(terms(), kStart);
  Room room;
  const Bytes good = budget.encode(kBoot, EnergyBudget::kNoCycle, room);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::byte> bad(good.begin(), good.end());
    bad[i] ^= std::byte{0x10};
    EnergyBudget again(terms(), kStart);
    const Status taken = again.restore(bad, kBoot, kStart);
    ASSERT_FALSE(taken.ok()) << "byte " << i;
    EXPECT_EQ(taken.error().reason, Reason::budget_damaged);
    EXPECT_EQ(again.balance_mj(), 0);
    EXPECT_FALSE(again.pays_for_a_cycle());
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EnergyBudget again(terms(), kStart);
    EXPECT_FALSE(again.restore(good.first(size), kBoot, kStart).ok());
    EXPECT_EQ(again.balance_mj(), 0);
  }
  EnergyBudget early(terms(), kStart - seconds(1));
  EXPECT_EQ(early.restore(good, kBoot, kStart - seconds(1)).error().reason, Reason::budget_damaged);
  EXPECT_EQ(early.balance_mj(), 0);
}

TEST(EnergyBudget, a_contract_with_a_smaller_bucket_keeps_no_more_than_it_holds) {
  EnergyBudget budget(terms(), kStart);
  Room room;
  const Bytes stored = budget.encode(kBoot, EnergyBudget::kNoCycle, room);
  Terms smaller = terms();
  smaller.power.active_mj_per_cycle = 1000;
  EnergyBudget again(smaller, kStart);
  ASSERT_TRUE(again.restore(stored, kBoot, kStart).ok());
  EXPECT_DOUBLE_EQ(again.balance_mj(), again.full_mj());
}

TEST(EnergyBudget, a_cycle_that_cannot_be_paid_for_is_never_reserved) {
  EnergyBudget budget(terms(), kStart);
  budget.charge(2 * kCycle);
  EXPECT_EXIT(budget.reserve(), ::testing::ExitedWithCode(70),
              "budget.no_cycle_begins_that_cannot_be_paid_for");
}

}  // namespace
}  // namespace torpor
