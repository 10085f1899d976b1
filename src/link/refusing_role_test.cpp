// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/refusing_role.h"

#include <gtest/gtest.h>

#include "base/fake/fake_clock.h"
#include "link/fake/memory_link.h"
#include "link/fake/own_side.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RefusingRole, tells_a_listening_peer_why_it_is_final_and_ends_with_78) {
  MemoryLinkPair links({});
  FakeClock clock;
  SideForTest good(LinkRole::sampler);
  SideForTest bad(LinkRole::detector, Error{.reason = Reason::bundle_signature});
  RefusingRole refusing(links.dialer(), clock, bad.own(), Peer::End::dials);
  Peer sampler(links.listener(), good.own(), Peer::End::listens, clock.now().boot);
  const Step step = refusing.wake(Wake::start);
  ASSERT_TRUE(step.exit_code.has_value());
  EXPECT_EQ(*step.exit_code, 78);
  for (int i = 0; i < 2; ++i) {
    sampler.step(clock.now().boot);
    EXPECT_EQ(sampler.receive(clock.now().boot), nullptr);
  }
  ASSERT_TRUE(sampler.failed());
  EXPECT_EQ(sampler.error().reason, Reason::peer_refused);
  EXPECT_EQ(sampler.error().found.view(), "bundle_signature");
}

TEST(RefusingRole, a_passing_reason_is_its_exit_code_and_the_peer_goes_on_with_the_next) {
  MemoryLinkPair links({});
  FakeClock clock;
  SideForTest good(LinkRole::sampler), healthy(LinkRole::detector);
  SideForTest bad(LinkRole::detector, Error{.reason = Reason::file_missing});
  Peer sampler(links.listener(), good.own(), Peer::End::listens, clock.now().boot);
  RefusingRole refusing(links.dialer(), clock, bad.own(), Peer::End::dials);
  EXPECT_EQ(refusing.wake(Wake::start).exit_code, 74);
  Peer detector(links.dialer(), healthy.own(), Peer::End::dials, clock.now().boot);
  for (int i = 0; i < 6; ++i) {
    for (Peer* peer : {&sampler, &detector}) {
      peer->step(clock.now().boot);
      EXPECT_EQ(peer->receive(clock.now().boot), nullptr);
    }
    clock.advance(milliseconds(200));
  }
  EXPECT_FALSE(sampler.failed());
  EXPECT_TRUE(sampler.agreed());
  EXPECT_TRUE(detector.agreed());
}

TEST(RefusingRole, without_a_peer_ends_after_two_seconds) {
  for (const auto end : {Peer::End::listens, Peer::End::dials}) {
    MemoryLinkPair links({});
    links.set_listening(false);
    FakeClock clock;
    SideForTest bad(LinkRole::sampler, Error{.reason = Reason::bundle_signature});
    Link& link = end == Peer::End::listens ? links.listener() : links.dialer();
    RefusingRole refusing(link, clock, bad.own(), end);
    Step step = refusing.wake(Wake::start);
    while (!step.exit_code) {
      ASSERT_NE(step.wait.until, BootTime::max());
      clock.advance_to(step.wait.until);
      step = refusing.wake(Wake::deadline);
    }
    EXPECT_EQ(*step.exit_code, 78);
    EXPECT_EQ(clock.now().boot, BootTime(seconds(2)));
  }
}

}  // namespace
}  // namespace torpor
