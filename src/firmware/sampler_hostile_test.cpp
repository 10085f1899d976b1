// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/fake/sampler_fixture.h"

namespace torpor {
namespace {

TEST_F(SamplerTest, a_lost_peer_stops_the_sensor_and_the_next_one_is_served) {
  start();
  ask(1);
  run(seconds(1));
  detector_->peer.close();
  detector_ = std::make_unique<Listener>(links_, theirs_.own(), now());
  run(milliseconds(300));
  EXPECT_FALSE(source_.running());
  ASSERT_TRUE(detector_->peer.agreed());
  EXPECT_TRUE(detector_->got.empty()) << "nothing of the old window reaches the new peer";
  run(period());
  ask(7);
  run(seconds(6));
  EXPECT_EQ(take(7).quality, WindowQuality::good);
}

TEST_F(SamplerTest, sleep_is_remembered) {
  start();
  EXPECT_FALSE(sampler_->sleep_until().has_value());
  ASSERT_TRUE(detector_->peer.send(SleepUntil{BootTime(seconds(99))}, now()).ok());
  settle();
  EXPECT_EQ(sampler_->sleep_until(), BootTime(seconds(99)));
}

TEST_F(SamplerTest, a_peer_that_never_reads_costs_no_more_than_the_contracts_bytes) {
  start();
  const std::uint32_t limit = own_.contract().terms().queue.bytes;
  ask(1);
  detector_reads_ = false;
  for (std::uint64_t window = 2; window < 40; ++window) {
    // It asks and asks, and never takes a byte.
    if (detector_->peer.send(WindowStart{window, kSamples}, now()).ok()) detector_->peer.step(now());
    run(period());
    ASSERT_LE(sampler_->queue().held_bytes() + links_.in_flight_to(links_.dialer()), limit);
    ASSERT_FALSE(ended());
  }
  detector_reads_ = true;
  ask(99);
  run(seconds(6));
  EXPECT_EQ(take(99).quality, WindowQuality::good) << "and once it reads, it gets the newest";
}

TEST_F(SamplerTest, after_a_cut_of_ten_minutes_only_the_window_asked_for_is_whole) {
  start();
  ask(1);
  run(seconds(6));
  ASSERT_EQ(take(1).quality, WindowQuality::good);
  links_.cut(MemoryLinkPair::Cut::hold);
  for (std::uint64_t window = 2; window < 12; ++window) {
    run(seconds(54));
    ask(window);
    run(seconds(6));
    EXPECT_EQ(take(window).quality, WindowQuality::incomplete);
    sleep_until(now() + seconds(54));
  }
  run(seconds(54));
  links_.restore();
  settle();
  EXPECT_EQ(sampler_->counts().windows_refused, 0u) << "each was asked for in its time";
  ask(50);
  run(seconds(6));
  EXPECT_EQ(take(50).quality, WindowQuality::good);
  EXPECT_EQ(take(50).quality, WindowQuality::incomplete) << "and there is nothing else to infer from";
}

TEST_F(SamplerTest, survives_a_peer_that_sends_garbage_and_floods_and_drops_the_line) {
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    links_.hang_up();
    links_.restore();
    step_ = {};
    start();
    run(seconds(1));
    std::mt19937 random(seed);
    for (int i = 0; i < 400 && !ended(); ++i) {
      Peer& peer = detector_->peer;
      switch (random() % 8) {
        case 0:
          for (int k = 0; k < 500; ++k) (void)peer.send(WindowStart{random(), kSamples}, now());
          break;
        case 1:
          if (links_.dialer().is_open()) {
            std::byte noise[300];
            for (auto& b : noise) b = static_cast<std::byte>(random());
            (void)links_.dialer().write(noise);
          }
          break;
        case 2:
          links_.hang_up();
          break;
        case 3:
          links_.cut(random() % 2 == 0 ? MemoryLinkPair::Cut::hold : MemoryLinkPair::Cut::lose);
          break;
        case 4:
          links_.restore();
          break;
        case 5:
          detector_reads_ = random() % 2 == 0;
          break;
        case 6:
          (void)peer.send(SleepUntil{now()}, now());
          break;
        default:
          (void)peer.send(WindowEnd{1, 2, 3}, now());
          break;
      }
      run(milliseconds(random() % 3000));
      ASSERT_LE(sampler_->queue().held_bytes(), own_.contract().terms().queue.bytes);
    }
    detector_reads_ = true;
    if (ended()) {
      const Reason reason = sampler_->failure()->reason;
      EXPECT_TRUE(reason == Reason::peer_absent || reason == Reason::agreement_timeout) << name(reason);
    }
  }
}

}  // namespace
}  // namespace torpor
