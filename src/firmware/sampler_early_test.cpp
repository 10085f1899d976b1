// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// A detector that keeps another contract than it signed: the incident this product exists for.
#include "firmware/fake/fakes.h"
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

class EarlyTest : public SamplerTest {
 protected:
  EarlyTest() {
    stopper_ = &dead_man_;
    listener_ = &record_;
  }
  // A cycle as it should be: in its slot, and asleep until the next.
  void good_cycle(std::uint64_t window) {
    const BootTime slot = now();
    ask(window);
    run(seconds(6));
    ASSERT_EQ(take(window).quality, WindowQuality::good);
    sleep_until(slot + period());
    run(slot + period() - now());
  }
  Duration tolerance() const { return milliseconds(own_.contract().terms().duty.interval_tolerance_ms); }

  FakeStopper dead_man_;
  FakeListener record_;
};

// Seen: 119 windows in ten minutes where the contract says 10, and nobody said a word.
TEST_F(EarlyTest, who_says_sleep_and_asks_again_at_once_gets_one_window_a_period_and_is_stopped) {
  start();
  const BootTime until = now() + 10 * period();
  for (std::uint64_t window = 1; now() < until; ++window) {
    if (detector_->peer.agreed()) ask(window);
    run(seconds(5));
    if (detector_->peer.agreed()) sleep_until(now() + seconds(55));
  }
  EXPECT_LE(source_.starts, 10u);
  EXPECT_GT(source_.starts, 5u);
  ASSERT_FALSE(dead_man_.stops.empty());
  EXPECT_EQ(dead_man_.stops[0].cause, StopCause::early);
  EXPECT_EQ(dead_man_.stops[0].limit, period() - tolerance());
  EXPECT_LT(dead_man_.stops[0].after, dead_man_.stops[0].limit);
  EXPECT_FALSE(ended()) << "and yet it goes on looking";
}

TEST_F(EarlyTest, a_request_is_served_from_the_period_less_the_tolerance_on_and_not_before) {
  start();
  ask(1);
  const BootTime first = now();
  run(period() - tolerance() - milliseconds(1));
  ask(2);
  EXPECT_EQ(source_.starts, 1u);
  ASSERT_TRUE(detector_->refused.has_value());
  EXPECT_EQ(detector_->refused->window_id, 2u);
  EXPECT_EQ(detector_->refused->earliest, first + period() - tolerance());
  EXPECT_EQ(sampler_->counts().windows_refused, 1u);
  ASSERT_EQ(record_.refusals.size(), 1u);
  EXPECT_EQ(record_.refusals[0].reason, Reason::window_too_early);
  run(milliseconds(1));
  ask(3);
  EXPECT_EQ(source_.starts, 2u);
}

TEST_F(EarlyTest, the_tolerance_is_had_once_and_not_in_every_period) {
  start();
  const BootTime first = now();
  for (std::uint64_t window = 1; window < 100; ++window) {
    ask(window);
    run(seconds(6));
    sleep_until(now() + seconds(53));
    run(period() - tolerance() - seconds(6));
  }
  EXPECT_LE(static_cast<std::int64_t>(source_.starts), (now() - first + tolerance()) / period() + 1);
}

// A window whose slot is given away is not made up for: each slot is given once.
TEST_F(EarlyTest, a_detector_started_again_is_refused_once_at_most_and_then_keeps_its_slots) {
  for (const Duration after : {seconds(1), seconds(9), seconds(30), seconds(59)}) {
    SCOPED_TRACE(after.count());
    links_.hang_up();
    dead_man_.stops.clear();
    record_.refusals.clear();
    start();
    run(seconds(1));
    good_cycle(1);
    ask(2);
    run(std::min<Duration>(after, seconds(6)));
    sleep_until(now() + seconds(54));
    run(after - std::min<Duration>(after, seconds(6)));
    next_detector();
    for (std::uint64_t window = 3; window < 8; ++window) {
      const BootTime slot = now();
      ask(window);
      run(seconds(6));
      if (window > 3) {
        EXPECT_EQ(take(window).quality, WindowQuality::good) << window;
      }
      sleep_until(slot + period());
      run(slot + period() - now());
    }
    EXPECT_LE(record_.refusals.size(), 1u);
    EXPECT_TRUE(dead_man_.stops.empty());
  }
}

TEST_F(EarlyTest, a_request_before_its_time_takes_nothing_from_the_window_under_way) {
  start();
  ask(1);
  run(seconds(2));
  ask(2);
  detector_->queue.begin(1);
  run(seconds(4));
  EXPECT_EQ(detector_->end->window_id, 1u);
}

TEST_F(EarlyTest, who_is_late_in_a_slot_is_served_in_the_next_one_all_the_same) {
  start();
  const BootTime first = now();
  good_cycle(1);
  run(seconds(9));  // its link was lost and found again
  ask(2);
  run(seconds(6));
  sleep_until(first + 2 * period());
  run(first + 2 * period() - now());
  ask(3);
  EXPECT_TRUE(record_.refusals.empty());
  EXPECT_EQ(source_.starts, 3u);
}

// Seen from the sampler only: it slept, not the detector, and hears of the request late.
TEST_F(EarlyTest, a_sampler_that_was_frozen_does_not_take_its_own_delay_for_the_detectors_hurry) {
  start();
  const BootTime first = now();
  good_cycle(1);
  ASSERT_TRUE(detector_->peer.send(WindowStart{2, kSamples}, now()).ok());
  clock_.advance(seconds(16));
  settle();
  run(seconds(6));
  sleep_until(first + 2 * period());
  run(first + 2 * period() - now());
  ask(3);
  EXPECT_TRUE(record_.refusals.empty());
  EXPECT_TRUE(dead_man_.stops.empty());
}

TEST_F(EarlyTest, what_piled_up_while_the_sampler_was_frozen_is_no_offence) {
  start();
  good_cycle(1);
  for (std::uint64_t window = 2; window < 30; ++window) {
    ASSERT_TRUE(detector_->peer.send(WindowStart{window, kSamples}, now()).ok());
    clock_.advance(seconds(6));
    ASSERT_TRUE(detector_->peer.send(SleepUntil{now() + seconds(54)}, now()).ok());
    clock_.advance(seconds(54));
  }
  settle();
  EXPECT_TRUE(dead_man_.stops.empty());
  EXPECT_TRUE(record_.refusals.empty());
  EXPECT_EQ(source_.starts, 1u) << "nobody waits for any of them";
  good_cycle(30);
}

TEST_F(EarlyTest, its_record_hears_of_agreements_windows_and_refusals_and_is_asked_for_its_notice_once) {
  record_.to_note = Reason::rollback_state_wiped;
  start();
  ASSERT_TRUE(detector_->notice.has_value());
  EXPECT_EQ(detector_->notice->reason.view(), "rollback_state_wiped");
  ask(1);
  run(seconds(6));
  ask(2);
  EXPECT_EQ(record_.told, (std::vector<std::string>{"agreed", "sent", "refused"}));
  next_detector();
  EXPECT_TRUE(detector_->notice.has_value()) << "told again, until a detector has finished a cycle";
  sleep_until(now() + seconds(50));
  next_detector();
  EXPECT_FALSE(detector_->notice.has_value());
}

TEST_F(EarlyTest, what_its_record_cannot_keep_is_told_each_time_and_costs_no_window) {
  record_.trouble = Reason::io_failed;
  start();
  ASSERT_TRUE(detector_->notice.has_value()) << "at the agreement";
  EXPECT_EQ(detector_->notice->reason.view(), "io_failed");
  detector_->notice.reset();
  good_cycle(1);
  ASSERT_TRUE(detector_->notice.has_value()) << "behind the window";
  EXPECT_EQ(detector_->count(MessageType::window_end), 1u);
  record_.trouble.reset();
  detector_->notice.reset();
  good_cycle(2);
  EXPECT_FALSE(detector_->notice.has_value());
}

}  // namespace
}  // namespace torpor
