// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/peer_watch.h"

#include <gtest/gtest.h>

#include "base/fake/fake_clock.h"
#include "contract/fake/example_contract.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PeerWatchTest : public testing::Test {
 protected:
  TimeStamp now() const { return clock_.now(); }
  bool overdue() const { return watch_.overdue(now().boot).has_value(); }
  // Time passes for a sampler that runs: each look comes when it is due.
  void pass(Duration span) {
    const BootTime until = now().boot + span;
    while (now().boot < until) {
      clock_.advance_to(std::min(until, watch_.deadline()));
      EXPECT_EQ(watch_.look(now()), Duration::zero());
    }
  }
  // And for one that does not.
  void freeze(Duration span) { clock_.advance(span); }

  FakeClock clock_;
  const Contract contract_ = contract_for_test();
  const Duration limit_ = milliseconds(contract_.terms().power.awake_limit_ms);
  PeerWatch watch_{contract_, 1000};
};

TEST_F(PeerWatchTest, nothing_is_owed_without_a_peer) {
  EXPECT_EQ(watch_.deadline(), BootTime::max());
  clock_.advance(seconds(100'000));
  EXPECT_EQ(watch_.look(now()), Duration::zero());
  EXPECT_FALSE(overdue());
}

TEST_F(PeerWatchTest, a_peer_that_agreed_owes_a_sleep_by_the_awake_limit_whatever_it_says_before) {
  watch_.agreed(now());
  pass(limit_ / 2);
  watch_.heard(now());
  pass(limit_ / 2 - Duration(1));
  EXPECT_FALSE(overdue());
  pass(Duration(1));
  const auto found = watch_.overdue(now().boot);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->cause, StopCause::awake);
  EXPECT_EQ(found->after, limit_);
  EXPECT_EQ(found->limit, limit_);
}

TEST_F(PeerWatchTest, a_sleeping_peer_owes_a_word_by_the_end_of_its_sleep_and_the_limit) {
  watch_.agreed(now());
  const BootTime until = now().boot + seconds(50);
  watch_.asleep(until, now());
  EXPECT_GT(watch_.deadline(), until) << "no wake while it sleeps";
  pass(until + limit_ - Duration(1) - now().boot);
  EXPECT_FALSE(overdue());
  pass(Duration(1));
  const auto found = watch_.overdue(now().boot);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->cause, StopCause::asleep);
  EXPECT_EQ(found->after, limit_);
}

TEST_F(PeerWatchTest, its_first_word_after_the_sleep_begins_the_next_wake) {
  watch_.agreed(now());
  pass(limit_ - Duration(1));
  watch_.asleep(now().boot + seconds(50), now());
  pass(seconds(50));
  watch_.heard(now());
  pass(limit_ - Duration(1));
  EXPECT_FALSE(overdue());
  pass(Duration(1));
  EXPECT_TRUE(overdue());
}

TEST_F(PeerWatchTest, a_word_before_the_end_of_a_sleep_shows_that_there_was_none) {
  watch_.agreed(now());
  watch_.asleep(now().boot + seconds(50), now());
  pass(limit_);
  watch_.asleep(now().boot + seconds(50), now());  // SLEEP is a word as any other
  ASSERT_TRUE(overdue()) << "and saying it once more pays nothing";
  EXPECT_EQ(watch_.overdue(now().boot)->cause, StopCause::awake);
}

TEST_F(PeerWatchTest, short_sleeps_within_a_period_begin_no_new_account) {
  watch_.agreed(now());
  for (int i = 0; i < 3; ++i) {
    pass(limit_ / 4);
    watch_.asleep(now().boot + seconds(1), now());
    pass(seconds(1));
    watch_.heard(now());
  }
  EXPECT_FALSE(overdue());
  pass(limit_ / 4);
  EXPECT_TRUE(overdue());
}

TEST_F(PeerWatchTest, a_sleep_the_contract_cannot_mean_is_taken_for_its_period) {
  for (const BootTime said :
       {BootTime::max(), BootTime{}, BootTime::min(), now().boot + contract_.period() + Duration(1)}) {
    watch_.agreed(now());
    EXPECT_FALSE(watch_.credible(said, now().boot));
    watch_.asleep(said, now());
    EXPECT_EQ(watch_.deadline(), now().boot + contract_.period() + limit_ / 4);
  }
}

TEST_F(PeerWatchTest, time_in_which_the_machine_stood_still_is_not_held_against_it) {
  watch_.agreed(now());
  watch_.asleep(now().boot + seconds(50), now());
  clock_.suspend(seconds(50) + limit_ + seconds(3600));  // woken an hour late
  EXPECT_GT(watch_.look(now()), Duration::zero());
  EXPECT_FALSE(overdue());
  pass(limit_ / 2);
  clock_.suspend(seconds(100));
  (void)watch_.look(now());
  EXPECT_FALSE(overdue());
  pass(limit_ / 2 - Duration(1));
  EXPECT_FALSE(overdue());
  pass(Duration(1));
  EXPECT_TRUE(overdue()) << "and yet it ends";
}

TEST_F(PeerWatchTest, time_in_which_the_sampler_did_not_run_is_not_held_against_it_and_is_known) {
  watch_.agreed(now());
  pass(limit_ / 4);
  freeze(seconds(16));
  EXPECT_EQ(watch_.look(now()), seconds(16));
  EXPECT_FALSE(overdue());
  pass(limit_ * 3 / 4 - Duration(1));
  EXPECT_FALSE(overdue());
  pass(Duration(1));
  EXPECT_TRUE(overdue());
}

TEST_F(PeerWatchTest, a_look_that_comes_a_little_late_counts_as_planned) {
  watch_.agreed(now());
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(overdue());
    clock_.advance_to(watch_.deadline() + milliseconds(50));
    EXPECT_EQ(watch_.look(now()), Duration::zero());
  }
  EXPECT_TRUE(overdue());
}

TEST_F(PeerWatchTest, on_a_fast_clock_only_the_sampling_is_scaled) {
  PeerWatch fast(contract_, 50'000);
  fast.agreed(now());
  EXPECT_EQ(fast.deadline() - now().boot, (contract_.sample() + 50 * (limit_ - contract_.sample())) / 4);
}

}  // namespace
}  // namespace torpor
