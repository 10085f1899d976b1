// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Counts every allocation of this test program, so it may only be read around one call.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/fake/allocations.h"
#include "base/fake/fake_clock.h"
#include "firmware/fake/source.h"
#include "firmware/sampler.h"
#include "link/fake/memory_link.h"
#include "link/fake/own_side.h"
#include "window/queue_memory.h"
#include "window/window_assembler.h"

namespace torpor {
namespace {

TEST(Allocation, neither_end_touches_the_heap_after_construction) {
  FakeClock clock;
  MemoryLinkPair links({.capacity = 16 * 1024});
  SideForTest sampler_side(LinkRole::sampler), detector_side(LinkRole::detector);
  SourceForTest source(sampler_side.contract(), 640);
  QueueMemory sampler_memory(sampler_side.contract()), detector_memory(detector_side.contract());
  SamplerRole sampler({.link = links.listener(),
                       .clock = clock,
                       .source = source,
                       .own = sampler_side.own(),
                       .memory = sampler_memory.memory()});
  Peer peer(links.dialer(), detector_side.own(), Peer::End::dials, clock.now().boot);
  FrameQueue queue(detector_side.contract(), 0, detector_memory.memory());
  WindowAssembler assembler(detector_side.contract(), 0, queue);

  constexpr int kStepMs = 100;
  const int period = static_cast<int>(detector_side.contract().period() / std::chrono::milliseconds(kStepMs));
  const std::uint64_t before = allocations_for_test();
  Step step = sampler.wake(Wake::start);
  std::uint64_t window = 0;
  int good = 0;
  for (int i = 0; i < 22 * period && !step.exit_code; ++i) {
    const BootTime now = clock.now().boot;
    peer.step(now);
    while (const Message* m = peer.receive(now)) {
      if (m->type == MessageType::frame && !queue.push(m->frame, now)) std::abort();
      if (m->type == MessageType::window_end &&
          assembler.take_latest(window, now).quality == WindowQuality::good)
        ++good;
    }
    if (peer.agreed() && i % period == 5) {  // sooner it is refused
      queue.begin(++window);
      if (!peer.send(WindowStart{window, 16'000}, now)) std::abort();
    }
    step = sampler.wake(Wake::link);
    clock.advance(std::chrono::milliseconds(kStepMs));
  }
  EXPECT_EQ(allocations_for_test() - before, 0u);
  EXPECT_GT(good, 20);
}

}  // namespace
}  // namespace torpor
