// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/sampler.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "base/fake_clock.h"
#include "firmware/source_for_test.h"
#include "link/host/memory_link.h"
#include "link/own_side_for_test.h"
#include "window/queue_memory.h"
#include "window/window_assembler.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The other end, as plain as can be: takes in whatever comes when it is given a turn.
class Listener {
 public:
  Listener(MemoryLinkPair& links, const OwnSide& own, BootTime now)
      : peer(links.dialer(), own, Peer::End::dials, now),
        memory_(*own.contract),
        queue(*own.contract, 0, memory_.memory()),
        assembler(*own.contract, 0, queue) {}
  void turn(BootTime now) {
    peer.step(now);
    while (const Message* m = peer.receive(now)) {
      got.push_back(m->type);
      if (m->type == MessageType::frame) {
        ASSERT_TRUE(queue.push(m->frame, now).ok());
      }
      if (m->type == MessageType::window_end) end = m->window_end;
      if (m->type == MessageType::context) assembler.set_context(m->context.window_id, m->context.context);
      if (m->type == MessageType::goodbye) goodbye = m->goodbye;
    }
  }
  std::size_t count(MessageType type) const {
    return static_cast<std::size_t>(std::count(got.begin(), got.end(), type));
  }

  Peer peer;
  QueueMemory memory_;
  FrameQueue queue;
  WindowAssembler assembler;
  std::vector<MessageType> got;
  std::optional<WindowEnd> end;
  std::optional<Goodbye> goodbye;
};

class SamplerTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kSamples = 16'000;

  FakeClock clock_;
  MemoryLinkPair links_{{.capacity = 16 * 1024}};
  SideForTest own_{LinkRole::sampler};
  SideForTest theirs_{LinkRole::detector};
  SourceForTest source_{own_.contract(), 640};  // 200 ms a frame
  QueueMemory memory_{own_.contract()};
  std::unique_ptr<SamplerRole> sampler_;
  std::unique_ptr<Listener> detector_;
  Step step_;
  int wakes_ = 0;
  bool detector_reads_ = true;

  void start() { start(theirs_.own()); }
  void start(const OwnSide& theirs) {
    sampler_ = std::make_unique<SamplerRole>(SamplerRole::Parts{.link = links_.listener(),
                                                                .clock = clock_,
                                                                .source = source_,
                                                                .own = own_.own(),
                                                                .memory = memory_.memory(),
                                                                .link_buffer_bytes = 16 * 1024});
    detector_ = std::make_unique<Listener>(links_, theirs, now());
    wake(Wake::start);
    settle();
  }
  BootTime now() const { return clock_.now().boot; }
  bool ended() const { return step_.exit_code.has_value(); }
  void wake(Wake why) {
    if (ended()) return;
    ++wakes_;
    step_ = sampler_->wake(why);
  }
  // Wakes the sampler exactly as a host would, without time passing.
  void settle() {
    for (int i = 0; i < 1000; ++i) {
      if (detector_reads_) detector_->turn(now());
      if (ended()) return;
      const Wait& wait = step_.wait;
      const bool in = wait.link_in && links_.readable(links_.listener());
      const bool out = wait.link_out && links_.writable(links_.listener());
      if (wait.until <= now()) {
        wake(Wake::deadline);
      } else if (in || out) {
        wake(Wake::link);
      } else {
        return;
      }
    }
    FAIL() << "the sampler never comes to rest";
  }
  // Lets time pass, waking at each deadline.
  void run(Duration span) {
    const BootTime until = now() + span;
    while (!ended() && now() < until) {
      clock_.advance_to(std::min({until, step_.wait.until, now() + milliseconds(100)}));
      settle();
    }
  }
  void ask(std::uint64_t window, std::uint32_t samples = kSamples) {
    detector_->queue.begin(window);
    ASSERT_TRUE(detector_->peer.send(WindowStart{window, samples}, now()).ok());
    settle();
  }
  WindowAssembler::Taken take(std::uint64_t window) {
    return detector_->assembler.take_latest(window, now());
  }
};

TEST_F(SamplerTest, samples_a_window_when_asked_and_is_silent_before_and_after) {
  start();
  run(seconds(3));
  EXPECT_TRUE(detector_->got.empty());
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::frame), 25u);
  EXPECT_EQ(detector_->got.back(), MessageType::window_end);
  EXPECT_EQ(detector_->end->frames, 25u);
  EXPECT_EQ(detector_->end->dropped, 0u);
  const auto taken = take(1);
  ASSERT_EQ(taken.quality, WindowQuality::good);
  for (std::uint32_t i = 0; i < kSamples * 3; i += 997)
    ASSERT_EQ(taken.window.samples[i], SourceForTest::value(1, i));
  detector_->got.clear();
  run(seconds(50));
  EXPECT_TRUE(detector_->got.empty());
  EXPECT_FALSE(source_.running());
}

TEST_F(SamplerTest, wakes_for_nothing_while_it_is_idle) {
  start();
  ask(1);
  run(seconds(6));
  const int before = wakes_;
  EXPECT_EQ(step_.wait.until, BootTime::max());
  run(seconds(3600));
  EXPECT_EQ(wakes_, before);
}

TEST_F(SamplerTest, wakes_once_a_frame_while_sampling) {
  start();
  ask(1);
  const int before = wakes_;
  run(seconds(6));
  EXPECT_LE(wakes_ - before, 26);
}

TEST_F(SamplerTest, frames_go_out_as_they_come) {
  start();
  ask(1);
  run(milliseconds(1050));
  EXPECT_EQ(detector_->count(MessageType::frame), 5u);
}

TEST_F(SamplerTest, a_new_request_stops_drains_and_starts) {
  start();
  ask(1);
  run(milliseconds(2100));
  ask(2);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::window_end), 1u);
  EXPECT_EQ(detector_->end->window_id, 2u);
  const auto taken = take(2);
  ASSERT_EQ(taken.quality, WindowQuality::good);
  EXPECT_EQ(taken.window.samples[5], SourceForTest::value(2, 5));
}

TEST_F(SamplerTest, context_goes_with_the_window_when_it_is_known) {
  start();
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::context), 0u);
  source_.known.rpm_milli = 1'797'000;
  ask(2);
  run(seconds(6));
  EXPECT_EQ(detector_->count(MessageType::context), 1u);
  EXPECT_EQ(take(2).window.context.rpm_milli, 1'797'000u);
}

TEST_F(SamplerTest, a_hole_in_the_source_reaches_the_other_side_as_a_rejected_window) {
  source_.lose_frame = 4;
  start();
  ask(1);
  run(seconds(6));
  EXPECT_EQ(detector_->end->frames, 24u);
  EXPECT_EQ(take(1).quality, WindowQuality::incomplete);
}

TEST_F(SamplerTest, ends_with_a_goodbye_and_0_after_the_last_window) {
  source_.windows_left = 2;
  start();
  ask(1);
  run(seconds(6));
  EXPECT_FALSE(ended());
  ask(2);
  run(seconds(6));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  detector_->turn(now());
  ASSERT_TRUE(detector_->goodbye.has_value());
  EXPECT_TRUE(detector_->goodbye->reason.empty());
  EXPECT_EQ(take(2).quality, WindowQuality::good) << "the last window is whole";
}

TEST_F(SamplerTest, ends_with_0_when_the_peer_says_goodbye) {
  start();
  ask(1);
  run(seconds(1));
  ASSERT_TRUE(detector_->peer.send(Goodbye{}, now()).ok());
  settle();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  EXPECT_FALSE(source_.running());
}

TEST_F(SamplerTest, sigterm_in_mid_window_ends_in_the_same_wake) {
  start();
  ask(1);
  run(seconds(1));
  wake(Wake::stop);
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 0);
  EXPECT_FALSE(source_.running());
  detector_->turn(now());
  EXPECT_TRUE(detector_->goodbye.has_value());
}

TEST_F(SamplerTest, sigterm_ends_it_also_when_the_peer_never_reads) {
  start();
  detector_reads_ = false;
  ask(1);
  detector_->peer.step(now());
  run(seconds(4));
  wake(Wake::stop);
  EXPECT_TRUE(ended());
}

TEST_F(SamplerTest, a_source_that_fails_is_told_to_the_peer_and_is_the_exit_code) {
  for (const bool at_start : {true, false}) {
    links_.hang_up();
    source_.fail_start = at_start ? Reason::io_failed : Reason{};
    source_.fail_poll = at_start ? Reason{} : Reason::io_failed;
    step_ = {};
    start();
    run(seconds(1));
    ask(1);
    run(seconds(2));
    ASSERT_TRUE(ended());
    EXPECT_EQ(*step_.exit_code, 74);
    ASSERT_TRUE(sampler_->failure().has_value());
    EXPECT_EQ(sampler_->failure()->reason, Reason::io_failed);
    detector_->turn(now());
    EXPECT_EQ(detector_->goodbye->reason.view(), "io_failed");
  }
}

TEST_F(SamplerTest, a_source_that_never_comes_to_an_end_is_a_bug_not_a_hang) {
  source_.hang = true;
  start();
  ask(1);
  run(seconds(2));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 70);
}

TEST_F(SamplerTest, a_source_that_is_not_the_contracts_sensor_is_refused_before_it_starts) {
  const auto refused = [&](auto change) {
    const SensorFacts good = source_.facts();
    change(source_.facts());
    links_.hang_up();
    step_ = {};
    start();
    run(seconds(3));
    source_.facts() = good;
    ASSERT_TRUE(ended());
    EXPECT_EQ(*step_.exit_code, 78);
    EXPECT_EQ(sampler_->failure()->reason, Reason::source_differs);
    EXPECT_TRUE(detector_->peer.failed());
    EXPECT_EQ(detector_->peer.error().found.view(), "source_differs");
    EXPECT_EQ(source_.starts, 0u);
  };
  refused([](SensorFacts& f) { f.sensor = 1; });
  refused([](SensorFacts& f) { f.axes = 1; });
  refused([](SensorFacts& f) { f.rate_mhz = f.rate_mhz * 97 / 100; });
}

TEST_F(SamplerTest, a_request_for_another_window_than_the_contracts_is_refused) {
  start();
  ask(1, kSamples + 1);
  run(seconds(2));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 78);
  EXPECT_EQ(sampler_->failure()->reason, Reason::window_request_refused);
  EXPECT_EQ(detector_->goodbye->reason.view(), "window_request_refused");
  EXPECT_EQ(source_.starts, 0u);
}

TEST_F(SamplerTest, bundles_that_differ_end_it_with_78_before_the_sensor_is_touched) {
  Terms terms = terms_for_test();
  terms.duty.sleep_ms = 95'000;
  terms.sequence = 2;
  SideForTest other(LinkRole::detector, terms);
  start(other.own());
  ASSERT_TRUE(ended()) << "at once";
  EXPECT_EQ(*step_.exit_code, 78);
  EXPECT_EQ(sampler_->failure()->reason, Reason::digest_differs);
  EXPECT_EQ(source_.starts, 0u);
}

TEST_F(SamplerTest, nobody_there_ends_it_with_69_after_the_peer_time_out) {
  start();
  detector_->peer.close();
  detector_reads_ = false;
  run(seconds(40));
  ASSERT_TRUE(ended());
  EXPECT_EQ(*step_.exit_code, 69);
  EXPECT_EQ(sampler_->failure()->reason, Reason::peer_absent);
}

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
    run(seconds(5));
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
    ask(window);
    run(seconds(60));
    EXPECT_EQ(take(window).quality, WindowQuality::incomplete);
  }
  links_.restore();
  settle();
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
