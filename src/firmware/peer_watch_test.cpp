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
  bool overdue() { return watch_.overdue(now()).has_value(); }

  FakeClock clock_;
  const Contract contract_ = contract_for_test();
  const Duration limit_ = milliseconds(contract_.terms().power.awake_limit_ms);
  PeerWatch watch_{contract_, 1000};
};

TEST_F(PeerWatchTest, nothing_is_owed_without_a_peer) {
  EXPECT_EQ(watch_.deadline(), BootTime::max());
  clock_.advance(seconds(100'000));
  EXPECT_FALSE(overdue());
}

TEST_F(PeerWatchTest, a_peer_that_agreed_owes_a_sleep_by_the_awake_limit_whatever_it_says_before) {
  watch_.agreed(now());
  clock_.advance(limit_ / 2);
  watch_.heard(now());
  clock_.advance(limit_ / 2 - Duration(1));
  EXPECT_FALSE(overdue());
  clock_.advance(Duration(1));
  const auto found = watch_.overdue(now());
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->asleep);
  EXPECT_EQ(found->after, limit_);
  EXPECT_EQ(found->limit, limit_);
}

TEST_F(PeerWatchTest, a_sleeping_peer_owes_a_word_by_the_end_of_its_sleep_and_the_limit) {
  watch_.agreed(now());
  const BootTime until = now().boot + seconds(50);
  watch_.asleep(until, now());
  EXPECT_EQ(watch_.deadline(), until + limit_);
  clock_.advance_to(until + limit_);
  const auto found = watch_.overdue(now());
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->asleep);
  EXPECT_EQ(found->after, limit_);
}

TEST_F(PeerWatchTest, its_first_word_after_the_sleep_begins_the_next_wake) {
  watch_.agreed(now());
  watch_.asleep(now().boot + seconds(50), now());
  clock_.advance(seconds(50));
  watch_.heard(now());
  EXPECT_EQ(watch_.deadline(), now().boot + limit_);
}

TEST_F(PeerWatchTest, a_sleep_the_contract_cannot_mean_is_taken_for_its_period) {
  for (const BootTime said :
       {BootTime::max(), BootTime{}, BootTime::min(), now().boot + contract_.period() + Duration(1)}) {
    watch_.agreed(now());
    EXPECT_FALSE(watch_.credible(said, now().boot));
    watch_.asleep(said, now());
    EXPECT_EQ(watch_.deadline(), now().boot + contract_.period() + limit_);
  }
}

TEST_F(PeerWatchTest, time_in_which_the_machine_stood_still_is_not_held_against_it) {
  watch_.agreed(now());
  const BootTime until = now().boot + seconds(50);
  watch_.asleep(until, now());
  clock_.suspend(seconds(50) + limit_ + seconds(3600));  // woken an hour late
  EXPECT_FALSE(overdue());
  EXPECT_EQ(watch_.deadline(), now().boot + limit_);
  clock_.advance(limit_ / 2);
  clock_.suspend(seconds(100));
  EXPECT_FALSE(overdue());
  clock_.advance(limit_);
  EXPECT_TRUE(overdue()) << "and yet it ends";
}

TEST_F(PeerWatchTest, on_a_fast_clock_only_the_sampling_is_scaled) {
  PeerWatch fast(contract_, 50'000);
  fast.agreed(now());
  EXPECT_EQ(fast.deadline() - now().boot, contract_.sample() + 50 * (limit_ - contract_.sample()));
}

}  // namespace
}  // namespace torpor
