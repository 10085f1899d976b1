// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/fake/fakes.h"
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

class DeadManTest : public SamplerTest {
 protected:
  DeadManTest() { stopper_ = &dead_man_; }
  Duration limit() const { return awake_limit(); }

  FakeStopper dead_man_;
};

TEST_F(DeadManTest, a_detector_that_spins_in_its_cycle_is_stopped_at_the_limit) {
  start();
  sleep_until(now() + seconds(55));
  run(seconds(55));
  ask(7);
  run(limit() - milliseconds(1));
  EXPECT_TRUE(dead_man_.stops.empty());
  run(milliseconds(1));
  ASSERT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_EQ(dead_man_.stops[0].cause, StopCause::awake);
  EXPECT_EQ(dead_man_.stops[0].after, limit());
  EXPECT_EQ(dead_man_.stops[0].window, 7u);
  EXPECT_EQ(sampler_->counts().peers_stopped, 1u);
}

TEST_F(DeadManTest, a_detector_that_agrees_and_then_hangs_is_stopped_too) {
  start();
  run(limit());
  EXPECT_EQ(dead_man_.stops.size(), 1u);
}

TEST_F(DeadManTest, a_detector_that_hangs_in_its_sleep_is_stopped_at_its_end_and_the_limit) {
  start();
  const BootTime until = now() + seconds(55);
  sleep_until(until);
  run(until - now() + limit() - milliseconds(1));
  EXPECT_TRUE(dead_man_.stops.empty());
  run(milliseconds(1));
  ASSERT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_EQ(dead_man_.stops[0].cause, StopCause::asleep);
}

// Seen once in a real pair: the sampler took the moment of the agreement after that of its wake,
// and so heard the words behind it before it had agreed.
TEST_F(DeadManTest, words_that_come_with_the_agreement_are_heard_at_its_moment) {
  running_.each = Duration(1'000);
  start();
  next_detector_agrees_first();
  ASSERT_TRUE(detector_->peer.send(SleepUntil{now() + seconds(55)}, now()).ok());
  settle();
  EXPECT_FALSE(ended());
  EXPECT_TRUE(dead_man_.stops.empty());
}

TEST_F(DeadManTest, one_that_keeps_its_contract_is_never_stopped_and_costs_no_wake_for_it) {
  start();
  const BootTime first = now();
  for (std::uint64_t k = 1; k <= 20; ++k) {
    ask(k);
    run(seconds(6));
    sleep_until(first + static_cast<std::int64_t>(k) * seconds(60));
    const int before = wakes_;
    run(first + static_cast<std::int64_t>(k) * seconds(60) - now());
    EXPECT_EQ(wakes_, before);
  }
  EXPECT_TRUE(dead_man_.stops.empty());
}

TEST_F(DeadManTest, sampling_goes_on_and_the_next_detector_is_told_until_one_has_finished_a_cycle) {
  start();
  run(limit());
  ASSERT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_FALSE(ended());
  next_detector();
  ASSERT_TRUE(detector_->stopped.has_value());
  EXPECT_EQ(detector_->stopped->after, limit());
  EXPECT_EQ(detector_->stopped->limit, limit());
  ask(1);
  run(seconds(6));
  EXPECT_EQ(take(1).quality, WindowQuality::good);
  links_.hang_up();  // before its report
  settle();
  next_detector();
  EXPECT_TRUE(detector_->stopped.has_value()) << "told again";
  EXPECT_EQ(detector_->count(MessageType::stopped), 1u) << "once";
  sleep_until(now() + seconds(50));
  links_.hang_up();
  settle();
  next_detector();
  EXPECT_FALSE(detector_->stopped.has_value());
}

TEST_F(DeadManTest, one_that_cannot_be_stopped_is_hung_up_on_and_not_reported_as_stopped) {
  dead_man_.refuses = true;
  start();
  run(limit());
  EXPECT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_EQ(sampler_->counts().peers_stopped, 0u);
  settle();
  next_detector();
  EXPECT_FALSE(detector_->stopped.has_value());
  EXPECT_FALSE(ended());
}

TEST_F(DeadManTest, a_lost_or_finished_peer_owes_nothing) {
  start();
  detector_->peer.close();
  detector_reads_ = false;
  settle();
  run(seconds(8));  // within the peer time-out
  EXPECT_TRUE(dead_man_.stops.empty());
}

TEST_F(DeadManTest, a_sleep_that_came_in_time_counts_even_if_the_sampler_reads_it_late) {
  start();
  ask(1);
  run(limit() - seconds(1));
  ASSERT_TRUE(detector_->peer.send(SleepUntil{now() + seconds(45)}, now()).ok());
  clock_.advance(seconds(5));  // the sampler was not given a turn
  wake(Wake::deadline);
  EXPECT_TRUE(dead_man_.stops.empty());
}

// Seen: both processes frozen for 16 s, and the innocent detector was killed.
TEST_F(DeadManTest, time_in_which_the_sampler_did_not_run_is_nobodys_offence) {
  for (const Duration into : {seconds(0), seconds(6), seconds(14), seconds(18)}) {
    SCOPED_TRACE(into.count());
    links_.hang_up();
    dead_man_.stops.clear();
    start();
    run(seconds(1));
    run(into);  // awake for so long
    clock_.advance(seconds(16));
    settle();
    EXPECT_TRUE(dead_man_.stops.empty());
    sleep_until(now() + seconds(55));
    EXPECT_TRUE(dead_man_.stops.empty());
    run(seconds(52));  // frozen once more, over the end of its sleep
    clock_.advance(seconds(16) + limit());
    settle();
    EXPECT_TRUE(dead_man_.stops.empty());
    run(limit());
    EXPECT_EQ(dead_man_.stops.size(), 1u) << "and yet it ends";
  }
}

TEST_F(DeadManTest, a_peer_that_says_sleep_and_does_not_sleep_is_awake) {
  start();
  while (dead_man_.stops.empty() && now() < BootTime(seconds(600))) {
    sleep_until(now() + seconds(55));
    run(seconds(5));
  }
  ASSERT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_EQ(dead_man_.stops[0].cause, StopCause::awake);
  EXPECT_LE(now(), BootTime(limit() + seconds(10)));
}

TEST_F(DeadManTest, a_flood_of_sleeps_is_stopped_within_the_period) {
  start();
  while (dead_man_.stops.empty() && now() < BootTime(seconds(600))) {
    sleep_until(now() + milliseconds(20));
    run(milliseconds(20));
  }
  ASSERT_EQ(dead_man_.stops.size(), 1u);
  EXPECT_EQ(dead_man_.stops[0].cause, StopCause::flood);
  EXPECT_LE(now(), BootTime(period()));
  next_detector();
  ASSERT_TRUE(detector_->stopped.has_value());
  EXPECT_EQ(detector_->stopped->cause.value, StopCause::flood);
}

TEST_F(DeadManTest, a_flood_of_one_that_cannot_be_stopped_is_not_read) {
  dead_man_.refuses = true;
  start();
  const int before = wakes_;
  const BootTime until = now() + 10 * period();
  while (now() < until && !ended()) {
    (void)detector_->peer.send(SleepUntil{now() + milliseconds(20)}, now());
    run(milliseconds(20));
  }
  EXPECT_FALSE(ended());
  // Of 30,000 words some hundreds were heard.
  EXPECT_LT(wakes_ - before, 2000);
}

}  // namespace
}  // namespace torpor
