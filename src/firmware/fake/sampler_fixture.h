// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "firmware/sampler.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "base/fake/fake_clock.h"
#include "contract/fake/example_contract.h"
#include "firmware/fake/source.h"
#include "link/fake/memory_link.h"
#include "link/fake/own_side.h"
#include "window/queue_memory.h"
#include "window/window_assembler.h"

namespace torpor {

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
      if (m->type == MessageType::stopped) stopped = m->stopped;
      if (m->type == MessageType::slept) slept = m->slept;
      if (m->type == MessageType::window_refused) refused = m->window_refused;
      if (m->type == MessageType::notice) notice = m->notice;
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
  std::optional<Stopped> stopped;
  std::optional<Slept> slept;
  std::optional<WindowRefused> refused;
  std::optional<Notice> notice;
};

// As real time does, it goes on also while a role works: with each look, by `each`.
class RunningClock final : public Clock {
 public:
  explicit RunningClock(FakeClock& clock) : clock_(clock) {}
  TimeStamp now() const override {
    clock_.advance(each);
    return clock_.now();
  }
  ProcessUse process_use() const override { return clock_.process_use(); }
  Duration real(Duration span) const override { return span; }

  Duration each{};

 private:
  FakeClock& clock_;
};

class SamplerTest : public testing::Test {
 protected:
  explicit SamplerTest(const Terms& terms = terms_for_test())
      : own_(LinkRole::sampler, terms), theirs_(LinkRole::detector, terms) {}

  static constexpr std::uint32_t kSamples = 16'000;

  FakeClock clock_;
  RunningClock running_{clock_};  // the role's
  MemoryLinkPair links_{{.capacity = 16 * 1024}};
  SideForTest own_;
  SideForTest theirs_;
  SourceForTest source_{own_.contract(), 640};  // 200 ms a frame
  QueueMemory memory_{own_.contract()};
  std::unique_ptr<SamplerRole> sampler_;
  std::unique_ptr<Listener> detector_;
  Step step_;
  int wakes_ = 0;
  bool detector_reads_ = true;
  PeerStopper* stopper_ = nullptr;
  SystemSleep* sleep_ = nullptr;
  SamplerListener* listener_ = nullptr;

  void start() { start(theirs_.own()); }
  void start(const OwnSide& theirs) {
    sampler_ = std::make_unique<SamplerRole>(SamplerRole::Parts{.link = links_.listener(),
                                                                .clock = running_,
                                                                .source = source_,
                                                                .own = own_.own(),
                                                                .memory = memory_.memory(),
                                                                .link_buffer_bytes = 16 * 1024,
                                                                .stopper = stopper_,
                                                                .sleep = sleep_,
                                                                .listener = listener_});
    detector_ = std::make_unique<Listener>(links_, theirs, now());
    wake(Wake::start);
    settle();
  }
  // The next detector, up to its own agreement, of which the sampler has not heard yet.
  void next_detector_agrees_first() {
    links_.hang_up();
    settle();
    detector_ = std::make_unique<Listener>(links_, theirs_.own(), now());
    links_.set_pieces(SIZE_MAX, 0);
    detector_->turn(now());
    links_.set_pieces(SIZE_MAX, SIZE_MAX);
    wake(Wake::link);
    detector_->turn(now());
    ASSERT_TRUE(detector_->peer.agreed());
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
  void sleep_until(BootTime until) {
    ASSERT_TRUE(detector_->peer.send(SleepUntil{until}, now()).ok());
    settle();
  }
  // What a process that ended leaves, and the next one in its place.
  void next_detector() {
    links_.hang_up();
    settle();
    detector_ = std::make_unique<Listener>(links_, theirs_.own(), now());
    settle();
  }
  Duration period() const { return own_.contract().period(); }
  Duration awake_limit() const { return milliseconds(own_.contract().terms().power.awake_limit_ms); }
  WindowAssembler::Taken take(std::uint64_t window) {
    return detector_->assembler.take_latest(window, now());
  }
};

}  // namespace torpor
