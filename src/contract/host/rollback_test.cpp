// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/rollback.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/fake/memory_files.h"
#include "contract/fake/example_contract.h"
#include "contract/host/validity.h"

namespace torpor {
namespace {

Contract contract(std::uint64_t sequence, std::uint32_t sleep_ms = 55'000,
                  std::string_view target_class = "test-robot") {
  Terms terms = terms_for_test();
  terms.sequence = sequence;
  terms.duty.sleep_ms = sleep_ms;
  terms.target_class = target_class;
  return contract_for_test(terms);
}

class Rollback : public ::testing::Test {
 protected:
  Rollback() { EXPECT_TRUE(files_.make_directories("state")); }
  RollbackStore open() {
    auto store = RollbackStore::open(files_, "state");
    EXPECT_TRUE(store) << (store ? "" : one_line(store.error()).view());
    return *std::move(store);
  }
  Reason refusal(const Contract& c) {
    const auto checked = open().check(c, "bundle");
    EXPECT_FALSE(checked);
    return checked ? Reason::internal : checked.error().reason;
  }
  MemoryFiles files_;
};

TEST_F(Rollback, a_first_start_and_a_wiped_state_are_reported_and_admit_any_sequence) {
  RollbackStore store = open();
  EXPECT_TRUE(store.wiped());
  EXPECT_TRUE(store.check(contract(1'000'000), "bundle"));
  EXPECT_TRUE(store.cycle_completed(contract(3)));
  EXPECT_FALSE(open().wiped());
  EXPECT_TRUE(files_.remove("state/contract/current"));
  EXPECT_TRUE(open().wiped());
}

TEST_F(Rollback, the_counter_advances_only_when_a_cycle_was_completed) {
  RollbackStore store = open();
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  ASSERT_TRUE(store.begin(contract(6), "bundle"));
  EXPECT_TRUE(files_.exists("state/contract/next"));
  EXPECT_TRUE(open().check(contract(5), "bundle")) << "agreement alone must not shut out the old contract";
  ASSERT_TRUE(store.cycle_completed(contract(6)));
  EXPECT_EQ(refusal(contract(5)), Reason::rollback_lower);
  EXPECT_FALSE(files_.exists("state/contract/next"));
}

TEST_F(Rollback, an_equal_sequence_with_another_digest_is_equivocation) {
  RollbackStore store = open();
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  EXPECT_EQ(refusal(contract(5, 95'000)), Reason::rollback_equivocation);
  EXPECT_TRUE(open().check(contract(5), "bundle"));
  // Also against the one that was agreed on and has not completed a cycle.
  ASSERT_TRUE(store.begin(contract(6), "bundle"));
  EXPECT_EQ(refusal(contract(6, 95'000)), Reason::rollback_equivocation);
}

TEST_F(Rollback, a_jump_above_the_limit_is_refused) {
  ASSERT_TRUE(open().cycle_completed(contract(5)));
  EXPECT_TRUE(open().check(contract(5 + RollbackStore::kMaxJump), "bundle"));
  EXPECT_EQ(refusal(contract(6 + RollbackStore::kMaxJump)), Reason::rollback_jump);
}

TEST_F(Rollback, a_refusal_writes_nothing) {
  RollbackStore store = open();
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  const auto before = files_.read("state/contract/current", 4096);
  EXPECT_FALSE(store.begin(contract(4), "bundle"));
  EXPECT_FALSE(store.begin(contract(5000), "bundle"));
  EXPECT_FALSE(store.cycle_completed(contract(4)));
  EXPECT_FALSE(files_.exists("state/contract/next"));
  EXPECT_TRUE(equal(*before, *files_.read("state/contract/current", 4096)));
}

TEST_F(Rollback, classes_have_counters_of_their_own) {
  RollbackStore store = open();
  ASSERT_TRUE(store.cycle_completed(contract(50, 55'000, "arm")));
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  EXPECT_TRUE(open().check(contract(5), "bundle"));
  EXPECT_EQ(refusal(contract(49, 55'000, "arm")), Reason::rollback_lower);
}

TEST_F(Rollback, a_ninth_class_takes_the_place_of_the_oldest) {
  RollbackStore store = open();
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(store.cycle_completed(contract(5, 55'000, "class-" + std::to_string(i))));
  EXPECT_TRUE(open().check(contract(4, 55'000, "class-0"), "bundle"));
  EXPECT_EQ(refusal(contract(4, 55'000, "class-1")), Reason::rollback_lower);
}

TEST_F(Rollback, later_cycles_write_nothing) {
  RollbackStore store = open();
  const Contract c = contract(5);
  ASSERT_TRUE(store.cycle_completed(c));
  files_.set_read_only(true);
  EXPECT_TRUE(store.cycle_completed(c));
  EXPECT_TRUE(store.begin(c, "bundle"));
}

// The record of a cycle is durable before its counter: who dies in between finds it in the log.
TEST_F(Rollback, what_the_log_tells_was_done_brings_the_counter_up_and_never_down) {
  {
    RollbackStore store = open();
    ASSERT_TRUE(store.cycle_completed(contract(5)));
    store.bring_up_to("test-robot", 4, contract(4).digest());
    EXPECT_TRUE(store.check(contract(5), "bundle"));
    store.bring_up_to("test-robot", 7, contract(7).digest());
    EXPECT_EQ(store.check(contract(6), "bundle").error().reason, Reason::rollback_lower);
    EXPECT_EQ(store.check(contract(7, 95'000), "bundle").error().reason, Reason::rollback_equivocation);
    EXPECT_TRUE(open().check(contract(6), "bundle")) << "in memory, until a cycle is completed";
    ASSERT_TRUE(store.cycle_completed(contract(7)));
    files_.set_read_only(true);
    EXPECT_TRUE(store.cycle_completed(contract(7))) << "once";
  }
  EXPECT_EQ(refusal(contract(6)), Reason::rollback_lower);
}

TEST_F(Rollback, a_counter_that_is_removed_under_its_role_is_written_again) {
  RollbackStore store = open();
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  ASSERT_TRUE(files_.remove("state/contract/current"));
  ASSERT_TRUE(store.cycle_completed(contract(5)));
  EXPECT_EQ(refusal(contract(4)), Reason::rollback_lower);
}

TEST_F(Rollback, a_damaged_file_is_refused_and_named) {
  ASSERT_TRUE(open().cycle_completed(contract(5)));
  for (std::uint64_t i = 0; i < files_.size("state/contract/current"); ++i) {
    files_.damage("state/contract/current", i, std::byte{0x04});
    const auto store = RollbackStore::open(files_, "state");
    ASSERT_FALSE(store) << i;
    EXPECT_EQ(store.error().reason, Reason::rollback_state_damaged);
    EXPECT_EQ(store.error().where.view(), "state/contract/current");
    files_.damage("state/contract/current", i, std::byte{0x04});
  }
}

// Power may go at any of the steps a disk has: afterwards the counter is the old or the
// new one, never lower, never unreadable.
TEST_F(Rollback, power_lost_at_any_step_leaves_the_old_or_the_new_counter) {
  for (std::uint64_t step = 1;; ++step) {
    SCOPED_TRACE(step);
    MemoryFiles files;
    ASSERT_TRUE(files.make_directories("state"));
    {
      auto store = RollbackStore::open(files, "state");
      ASSERT_TRUE(store->cycle_completed(contract(5)));
      files.lose_power_at(step);
      const bool whole = store->begin(contract(6), "bundle") && store->cycle_completed(contract(6)) &&
                         store->keep_trusted_time(1'800'000'000);
      if (whole && !files.dark()) break;
    }
    files.crash();
    auto after = RollbackStore::open(files, "state");
    ASSERT_TRUE(after) << one_line(after.error()).view();
    EXPECT_FALSE(after->wiped());
    EXPECT_EQ(after->check(contract(4), "bundle").error().reason, Reason::rollback_lower);
    EXPECT_TRUE(after->check(contract(6), "bundle"));
    EXPECT_TRUE(after->begin(contract(6), "bundle"));
    EXPECT_TRUE(after->cycle_completed(contract(6)));
    ASSERT_LT(step, 64u);
  }
}

TEST_F(Rollback, trusted_time_survives_and_is_written_by_the_hour) {
  RollbackStore store = open();
  ASSERT_TRUE(store.keep_trusted_time(1'800'000'000));
  const auto operations = files_.operations();
  ASSERT_TRUE(store.keep_trusted_time(1'800'000'000 + 3599));
  EXPECT_EQ(files_.operations(), operations);
  ASSERT_TRUE(store.keep_trusted_time(1'800'000'000 + 3600));
  EXPECT_EQ(open().trusted_s(), 1'800'003'600);
  EXPECT_TRUE(open().wiped()) << "time alone is no counter";
}

TimeStamp at(std::int64_t seconds, bool synchronised) {
  TimeStamp stamp;
  stamp.wall = WallTime(std::chrono::seconds(seconds));
  stamp.synchronised = synchronised;
  return stamp;
}

class Validity : public ::testing::Test {
 protected:
  Terms terms_ = terms_for_test();
  Status start(const TimeStamp& now, std::int64_t trusted_s = 0) {
    return check_start_time(terms_, now, trusted_s, "bundle");
  }
};

TEST_F(Validity, an_unsynchronised_clock_proves_nothing) {
  EXPECT_TRUE(start(at(0, false)));
  EXPECT_TRUE(start(at(terms_.expires_s + 1'000'000, false)));
}

TEST_F(Validity, a_synchronised_clock_judges_both_ends) {
  EXPECT_EQ(start(at(terms_.not_before_s - 1, true)).error().reason, Reason::contract_not_yet_valid);
  EXPECT_TRUE(start(at(terms_.not_before_s, true)));
  EXPECT_TRUE(start(at(terms_.expires_s - 1, true)));
  EXPECT_EQ(start(at(terms_.expires_s, true)).error().reason, Reason::contract_expired);
}

TEST_F(Validity, trusted_time_expires_a_contract_although_the_clock_was_set_back) {
  EXPECT_EQ(start(at(0, false), terms_.expires_s).error().reason, Reason::contract_expired);
  EXPECT_TRUE(certainly_expired(terms_, at(0, false), terms_.expires_s));
}

TEST_F(Validity, trusted_time_judges_where_no_clock_is_synchronised_and_only_there) {
  EXPECT_EQ(start(at(0, false), terms_.expires_s).error().reason, Reason::contract_expired);
  EXPECT_TRUE(start(at(terms_.expires_s - 1, true), terms_.expires_s)) << "a synchronised clock knows better";
}

TEST_F(Validity, the_not_before_of_a_contract_is_a_bound_and_one_reading_is_none) {
  const std::int64_t begin = terms_.not_before_s;
  EXPECT_EQ(follow_trusted_time(0, terms_, std::nullopt), begin);
  EXPECT_EQ(follow_trusted_time(begin + 9000, terms_, std::nullopt), begin + 9000);
  EXPECT_EQ(follow_trusted_time(begin + 9000, terms_, begin + 5000), begin + 5000)
      << "taken back by agreement";
  EXPECT_EQ(follow_trusted_time(begin + 9000, terms_, begin - 5000), begin);
}

// --- clocks through the life of a robot --------------------------------------------------

constexpr std::int64_t kDay = 24 * 3600;

// So many cycles of a minute with a clock that reads the true time and `ahead_s` more.
struct Stretch {
  int cycles;
  std::int64_t ahead_s = 0;
  bool synchronised = true;
  bool restart = false;  // before it: another process, another boot
};

struct ClockCase {
  const char* name;
  std::vector<Stretch> life;
  TimeStamp (*at_start)(std::int64_t true_s);  // the clock of the start that is judged
  Reason expected;                             // Reason{}: it starts
};

TimeStamp right(std::int64_t true_s) { return at(true_s, true); }
TimeStamp dead(std::int64_t) { return at(0, false); }
TimeStamp ahead(std::int64_t true_s) { return at(true_s + 92 * kDay, true); }

// A contract of 30 days on a device of `life`; it is the 10th day when the last start is judged.
class Clocks : public ::testing::TestWithParam<ClockCase> {
 protected:
  Clocks() {
    terms_.not_before_s = 1'800'000'000;
    terms_.expires_s = terms_.not_before_s + 30 * kDay;
    EXPECT_TRUE(files_.make_directories("state"));
  }
  Terms terms_ = terms_for_test();
  MemoryFiles files_;
};

TEST_P(Clocks, a_good_contract_is_refused_only_for_what_is_known) {
  int cycles = 0;
  for (const Stretch& stretch : GetParam().life) cycles += stretch.cycles;
  const std::int64_t judged_s = terms_.not_before_s + 10 * kDay;
  std::int64_t true_s = judged_s - std::int64_t{cycles} * 60;
  std::int64_t boot_s = 100;
  std::optional<RollbackStore> store;
  std::optional<AgreedTime> time;
  for (const Stretch& stretch : GetParam().life) {
    if (!store || stretch.restart) {
      store.emplace(*RollbackStore::open(files_, "state"));
      time.emplace();
      boot_s = 100;
    }
    for (int i = 0; i < stretch.cycles; ++i, true_s += 60, boot_s += 60) {
      TimeStamp now = at(true_s + stretch.ahead_s, stretch.synchronised);
      now.boot = BootTime(std::chrono::seconds(boot_s));
      ASSERT_TRUE(
          store->keep_trusted_time(follow_trusted_time(store->trusted_s(), terms_, time->observe(now))));
    }
  }
  ASSERT_EQ(true_s, judged_s);
  store.emplace(*RollbackStore::open(files_, "state"));
  const Status started =
      check_start_time(terms_, GetParam().at_start(judged_s), store->trusted_s(), "bundle");
  EXPECT_EQ(started ? Reason{} : started.error().reason, GetParam().expected)
      << (started ? "" : one_line(started.error()).view());
}

INSTANTIATE_TEST_SUITE_P(
    Life, Clocks,
    ::testing::Values(
        ClockCase{"right_all_along", {{2000}}, right, Reason{}},
        ClockCase{"right_and_then_dead", {{2000}}, dead, Reason{}},
        ClockCase{"ahead_for_100_cycles_then_right", {{1000}, {100, 92 * kDay}}, right, Reason{}},
        ClockCase{"ahead_for_100_cycles_then_dead", {{1000}, {100, 92 * kDay}}, dead, Reason{}},
        ClockCase{"ahead_for_100_cycles_over_restarts",
                  {{1000}, {50, 92 * kDay, true, true}, {50, 92 * kDay, true, true}},
                  dead,
                  Reason{}},
        ClockCase{"ahead_at_the_start_itself", {{1000}}, ahead, Reason::contract_expired},
        // Hours of agreement are believed where nothing better is there, ...
        ClockCase{"ahead_for_a_day_then_dead", {{1440, 92 * kDay}}, dead, Reason::contract_expired},
        // ... never against a synchronised clock, and taken back by hours of right ones.
        ClockCase{"ahead_for_a_day_then_right", {{1440, 92 * kDay}}, right, Reason{}},
        ClockCase{"ahead_for_a_day_and_right_for_a_day",
                  {{1440, 92 * kDay}, {1440, 0, true, true}},
                  dead,
                  Reason{}},
        ClockCase{"behind_for_a_day", {{1440, -400 * kDay}}, dead, Reason{}},
        ClockCase{"jumping_by_an_hour_every_ten_cycles",
                  {{10, 0}, {10, 3600}, {10, -3600}, {10, 92 * kDay}, {10, 0}, {10, 92 * kDay}},
                  dead,
                  Reason{}},
        ClockCase{"ahead_but_not_synchronised", {{2000, 92 * kDay, false}}, dead, Reason{}},
        ClockCase{"of_1970_all_along", {{2000, -1'800'000'000, false}}, dead, Reason{}}),
    [](const auto& clock) { return clock.param.name; });

// What trusted time is for: a contract that is over stays so when the clock is gone.
TEST_F(Validity, a_clock_that_dies_revives_no_contract) {
  AgreedTime time;
  std::int64_t trusted = 0;
  for (int i = 0; i < 1000; ++i) {
    TimeStamp now = at(terms_.expires_s + i * 60, true);
    now.boot = BootTime(std::chrono::seconds(i * 60));
    trusted = follow_trusted_time(trusted, terms_, time.observe(now));
  }
  EXPECT_EQ(start(at(0, false), trusted).error().reason, Reason::contract_expired);
}

}  // namespace
}  // namespace torpor
