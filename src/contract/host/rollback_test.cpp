// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/rollback.h"

#include <gtest/gtest.h>

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
  const auto operations = files_.operations();
  ASSERT_TRUE(store.cycle_completed(c));
  ASSERT_TRUE(store.begin(c, "bundle"));
  EXPECT_EQ(files_.operations(), operations);
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

TEST_F(Validity, trusted_time_grows_by_bundles_and_by_bounded_synchronised_steps_only) {
  const std::int64_t begin = terms_.not_before_s;
  EXPECT_EQ(raise_trusted_time(0, terms_, at(begin + 5000, false)), begin);
  EXPECT_EQ(raise_trusted_time(0, terms_, at(begin + 5000, true)), begin + 5000);
  EXPECT_EQ(raise_trusted_time(begin + 9000, terms_, at(begin + 5000, true)), begin + 9000) << "never back";
  EXPECT_EQ(raise_trusted_time(0, terms_, at(begin + kMaxTrustedStepS + 1, true)), begin)
      << "one wrong time server must not expire every contract for good";
}

}  // namespace
}  // namespace torpor
