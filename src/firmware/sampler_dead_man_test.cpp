// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/fake/fakes.h"
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

class DeadManTest : public SamplerTest {
 protected:
  DeadManTest() { stopper_ = &dead_man_; }
  void sleep_until(BootTime until) {
    ASSERT_TRUE(detector_->peer.send(SleepUntil{until}, now()).ok());
    settle();
  }
  // What a killed process leaves, and the next one in its place.
  void next_detector() {
    detector_ = std::make_unique<Listener>(links_, theirs_.own(), now());
    settle();
  }
  Duration limit() const { return milliseconds(own_.contract().terms().power.awake_limit_ms); }

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
  EXPECT_FALSE(dead_man_.stops[0].asleep);
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
  EXPECT_TRUE(dead_man_.stops[0].asleep);
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

}  // namespace
}  // namespace torpor
