// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/peer.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "base/fake/fake_clock.h"
#include "link/fake/memory_link.h"
#include "link/fake/own_side.h"
#include "link/refusing_role.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two real ends over one link: a sampler that listens, a detector that dials.
class PeerTest : public testing::Test {
 protected:
  MemoryLinkPair links_{{.capacity = 8192}};
  SideForTest sampler_side_{LinkRole::sampler};
  SideForTest detector_side_{LinkRole::detector};
  BootTime now_{seconds(10)};
  std::unique_ptr<Peer> sampler_, detector_;
  std::vector<MessageType> sampler_got_, detector_got_;

  void start() { start(sampler_side_, detector_side_); }
  void start(const SideForTest& sampler, const SideForTest& detector) {
    sampler_ = std::make_unique<Peer>(links_.listener(), sampler.own(), Peer::End::listens, now_);
    detector_ = std::make_unique<Peer>(links_.dialer(), detector.own(), Peer::End::dials, now_);
  }
  void turn(Peer& peer, std::vector<MessageType>& got) {
    peer.step(now_);
    while (const Message* message = peer.receive(now_)) got.push_back(message->type);
  }
  // A few turns each: enough for all that needs no time to pass.
  void take_turns(int turns = 6) {
    for (int i = 0; i < turns; ++i) {
      turn(*detector_, detector_got_);
      turn(*sampler_, sampler_got_);
    }
  }
  // Time passes in steps until both have failed or `limit` is over; says how long it took.
  Duration run_until_both_failed(Duration limit) {
    const BootTime began = now_;
    while (now_ - began < limit && !(sampler_->failed() && detector_->failed())) {
      take_turns(2);
      now_ += milliseconds(50);
    }
    return now_ - began;
  }
};

TEST_F(PeerTest, two_ends_agree_at_once) {
  start();
  take_turns(2);
  EXPECT_TRUE(sampler_->agreed());
  EXPECT_TRUE(detector_->agreed());
  EXPECT_EQ(sampler_->session(), 1u);
  EXPECT_EQ(detector_->session(), 1u);
}

TEST_F(PeerTest, agrees_over_single_bytes_both_ways) {
  links_.set_pieces(1, 1);
  start();
  take_turns(600);
  EXPECT_TRUE(sampler_->agreed());
  EXPECT_TRUE(detector_->agreed());
}

TEST_F(PeerTest, sends_its_hello_before_it_reads_anything) {
  start();
  detector_->step(now_);
  EXPECT_GT(links_.in_flight_to(links_.listener()), 0u) << "before receive() was ever called";
}

TEST_F(PeerTest, messages_pass_once_agreed_and_not_before) {
  start();
  EXPECT_EQ(detector_->send(WindowStart{1, 2}, now_).error().reason, Reason::link_closed);
  take_turns();
  ASSERT_TRUE(detector_->send(WindowStart{1, 2}, now_).ok());
  take_turns(1);
  EXPECT_EQ(sampler_got_, std::vector{MessageType::window_start});
}

TEST_F(PeerTest, a_disagreement_ends_both_within_two_seconds_naming_digests_and_field) {
  Terms terms = terms_for_test();
  terms.duty.sleep_ms = 95'000;
  terms.sequence = 2;
  SideForTest other(LinkRole::detector, terms);
  start(sampler_side_, other);
  EXPECT_LE(run_until_both_failed(seconds(10)), seconds(2));
  for (const Peer* peer : {sampler_.get(), detector_.get()}) {
    ASSERT_TRUE(peer->failed());
    EXPECT_EQ(peer->error().reason, Reason::digest_differs);
    EXPECT_NE(peer->error().where.view().find("duty.sleep_ms"), std::string_view::npos);
    EXPECT_EQ(peer->session(), 0u);
  }
}

TEST_F(PeerTest, a_disagreement_over_a_link_of_single_bytes_still_names_the_field) {
  links_.set_pieces(1, 1);
  Terms terms = terms_for_test();
  terms.duty.sleep_ms = 95'000;
  terms.sequence = 2;
  SideForTest other(LinkRole::detector, terms);
  start(sampler_side_, other);
  for (int i = 0; i < 4000; ++i) take_turns(1);
  ASSERT_TRUE(sampler_->failed() && detector_->failed());
  EXPECT_NE(sampler_->error().where.view().find("duty.sleep_ms"), std::string_view::npos);
  EXPECT_NE(detector_->error().where.view().find("duty.sleep_ms"), std::string_view::npos);
}

TEST_F(PeerTest, speeds_that_differ_end_both) {
  detector_side_.set_speed(60'000);
  start();
  run_until_both_failed(seconds(10));
  ASSERT_TRUE(sampler_->failed() && detector_->failed());
  EXPECT_EQ(sampler_->error().reason, Reason::speed_differs);
  EXPECT_EQ(detector_->error().reason, Reason::speed_differs);
}

TEST_F(PeerTest, nobody_there_is_absent_after_the_time_out_and_dialing_is_rare) {
  links_.set_listening(false);
  start();
  int wakes = 0;
  while (!detector_->failed() && wakes < 1000) {
    detector_->step(now_);
    now_ = std::max(now_, detector_->wait().until == BootTime::max() ? now_ : detector_->wait().until);
    ++wakes;
  }
  ASSERT_TRUE(detector_->failed());
  EXPECT_EQ(exit_code(detector_->error().reason), 69);
  EXPECT_LE(wakes, 30 * 5 + 2);
}

TEST_F(PeerTest, a_lost_peer_is_found_again_and_agreed_with_anew) {
  start();
  take_turns();
  links_.hang_up();
  take_turns(1);
  EXPECT_FALSE(sampler_->agreed());
  EXPECT_FALSE(detector_->agreed());
  now_ += Peer::kRedial;
  take_turns(2);
  EXPECT_TRUE(sampler_->agreed());
  EXPECT_TRUE(detector_->agreed());
  EXPECT_EQ(sampler_->session(), 2u);
}

TEST_F(PeerTest, a_peer_replaced_by_one_with_another_contract_is_refused) {
  start();
  take_turns();
  Terms terms = terms_for_test();
  terms.sequence = 9;
  SideForTest other(LinkRole::detector, terms);
  detector_->hang_up(now_);
  take_turns(1);
  detector_ = std::make_unique<Peer>(links_.dialer(), other.own(), Peer::End::dials, now_);
  run_until_both_failed(seconds(5));
  ASSERT_TRUE(sampler_->failed());
  EXPECT_EQ(sampler_->error().reason, Reason::digest_differs);
}

TEST_F(PeerTest, what_a_peer_says_last_is_read_before_the_hang_up_is_noticed) {
  start();
  take_turns();
  ASSERT_TRUE(sampler_->send(Goodbye{"source_differs"}, now_).ok());
  sampler_->close();
  ASSERT_TRUE(detector_->send(WindowStart{1, 2}, now_).ok());
  turn(*detector_, detector_got_);
  EXPECT_EQ(detector_got_, std::vector{MessageType::goodbye});
  EXPECT_FALSE(detector_->agreed());
}

TEST_F(PeerTest, a_peer_that_never_reads_gets_refused_sends_and_nothing_grows) {
  start();
  take_turns();
  const std::vector<std::int16_t> samples(kMaxFrameSamples, 5);
  const Frame frame{.axes = 1, .samples = samples};
  int taken = 0;
  while (sampler_->send(frame, now_).ok()) ++taken;
  EXPECT_LE(taken, 4);
  EXPECT_EQ(sampler_->send(frame, now_).error().reason, Reason::link_busy);
  EXPECT_TRUE(sampler_->wait().link_out);
  take_turns(4);
  EXPECT_EQ(detector_got_.size(), static_cast<std::size_t>(taken));
  EXPECT_FALSE(sampler_->wait().link_out);
}

TEST_F(PeerTest, one_wake_reads_a_bounded_number_of_bytes_of_a_flood) {
  MemoryLinkPair wide({.capacity = 4 * 1024 * 1024});
  Peer sampler(wide.listener(), sampler_side_.own(), Peer::End::listens, now_);
  Peer detector(wide.dialer(), detector_side_.own(), Peer::End::dials, now_);
  for (int i = 0; i < 4; ++i) {
    detector.step(now_);
    (void)detector.receive(now_);
    sampler.step(now_);
    (void)sampler.receive(now_);
  }
  ASSERT_TRUE(detector.agreed());
  while (detector.send(WindowStart{1, 1}, now_).ok() &&
         wide.in_flight_to(wide.listener()) < 2 * 1024 * 1024) {
  }
  const std::size_t before = wide.in_flight_to(wide.listener());
  sampler.step(now_);
  while (sampler.receive(now_) != nullptr) {
  }
  EXPECT_LE(before - wide.in_flight_to(wide.listener()), Peer::kReadPerWake + 4096);
  EXPECT_TRUE(sampler.wait().link_in);
}

TEST_F(PeerTest, messages_before_agreement_are_counted_and_ignored) {
  start();
  detector_->step(now_);
  sampler_->step(now_);
  // A third program writes a frame-shaped message straight to the link.
  std::array<std::byte, 64> payload, wire;
  const Bytes start_message = *encode(WindowStart{1, 16'000}, payload);
  const std::size_t size = *frame_payload(start_message, wire);
  ASSERT_EQ(*links_.dialer().write(Bytes(wire).first(size)), size);
  std::vector<MessageType> got;
  turn(*sampler_, got);
  // HELLO came first here, so it counts as agreed; another order is out of turn.
  EXPECT_TRUE(sampler_->agreed());
  EXPECT_EQ(got, std::vector{MessageType::window_start});

  MemoryLinkPair fresh({});
  Peer listener(fresh.listener(), sampler_side_.own(), Peer::End::listens, now_);
  ASSERT_TRUE(fresh.dialer().open().ok());
  ASSERT_EQ(*fresh.dialer().write(Bytes(wire).first(size)), size);
  turn(listener, got);
  EXPECT_EQ(got.size(), 1u);
  EXPECT_EQ(listener.counts().out_of_turn, 1u);
}

TEST_F(PeerTest, a_parrot_is_refused_by_the_listener) {
  Peer listener(links_.listener(), sampler_side_.own(), Peer::End::listens, now_);
  ASSERT_TRUE(links_.dialer().open().ok());
  std::array<std::byte, 4096> heard;
  for (int i = 0; i < 4 && !listener.failed(); ++i) {
    listener.step(now_);
    ASSERT_EQ(listener.receive(now_), nullptr);
    if (listener.failed()) break;
    const std::size_t count = *links_.dialer().read(heard);
    ASSERT_TRUE(links_.dialer().write(Bytes(heard).first(count)).ok());
  }
  ASSERT_TRUE(listener.failed());
  EXPECT_EQ(listener.error().reason, Reason::peer_echo);
}

TEST_F(PeerTest, noise_before_a_hello_is_skipped_and_counted) {
  Peer listener(links_.listener(), sampler_side_.own(), Peer::End::listens, now_);
  ASSERT_TRUE(links_.dialer().open().ok());
  std::mt19937 random(6);
  std::byte noise[64];
  for (auto& b : noise) b = static_cast<std::byte>(1 + random() % 255);
  ASSERT_TRUE(links_.dialer().write(noise).ok());
  const std::byte zero[] = {std::byte{0}};
  ASSERT_TRUE(links_.dialer().write(zero).ok());
  std::array<std::byte, 256> payload, wire;
  const Bytes greeting = *encode(Agreement(detector_side_.own(), now_).hello(), payload);
  const std::size_t size = *frame_payload(greeting, wire);
  ASSERT_EQ(*links_.dialer().write(Bytes(wire).first(size)), size);
  listener.step(now_);
  ASSERT_EQ(listener.receive(now_), nullptr);
  EXPECT_TRUE(listener.agreed());
  const Deframer::Counts& framing = listener.reader().framing();
  EXPECT_EQ(framing.garbled + framing.bad_crc, 1u);
}

TEST_F(PeerTest, one_byte_of_another_program_does_not_keep_the_peer_out_nor_end_the_listener) {
  sampler_ = std::make_unique<Peer>(links_.listener(), sampler_side_.own(), Peer::End::listens, now_);
  ASSERT_TRUE(links_.dialer().open().ok());
  const std::byte one[] = {std::byte{'x'}};
  ASSERT_TRUE(links_.dialer().write(one).ok());
  const BootTime began = now_;
  while (sampler_->counts().given_up == 0 && now_ - began < seconds(10)) {
    sampler_->step(now_);
    ASSERT_EQ(sampler_->receive(now_), nullptr);
    now_ += milliseconds(100);
  }
  EXPECT_EQ(sampler_->counts().given_up, 1u);
  EXPECT_LE(now_ - began, seconds(2) + milliseconds(200));
  EXPECT_FALSE(sampler_->failed());
  links_.dialer().close();
  detector_ = std::make_unique<Peer>(links_.dialer(), detector_side_.own(), Peer::End::dials, now_);
  take_turns(2);
  EXPECT_TRUE(sampler_->agreed());
  EXPECT_TRUE(detector_->agreed());
}

// Bytes lost, flipped, repeated: whatever the wire does after agreement, what is delivered
// was sent, and the ends never hang.
TEST_F(PeerTest, survives_a_link_that_is_cut_in_both_ways_again_and_again) {
  start();
  std::mt19937 random(7);
  std::uint64_t sent = 0;
  std::uint64_t last_seen = 0;
  for (int i = 0; i < 3000; ++i) {
    now_ += milliseconds(20);
    switch (random() % 40) {
      case 0:
        links_.cut(MemoryLinkPair::Cut::lose);
        break;
      case 1:
        links_.cut(MemoryLinkPair::Cut::hold);
        break;
      case 2:
      case 3:
      case 4:
        links_.restore();
        break;
      case 5:
        links_.hang_up();
        break;
      case 6:
        links_.set_pieces(1 + random() % 100, 1 + random() % 100);
        break;
      default:
        break;
    }
    detector_->step(now_);
    while (detector_->receive(now_) != nullptr) {
    }
    if (detector_->send(WindowStart{sent + 1, 1}, now_).ok()) ++sent;
    sampler_->step(now_);
    while (const Message* m = sampler_->receive(now_)) {
      ASSERT_EQ(m->type, MessageType::window_start);
      ASSERT_GT(m->window_start.window_id, last_seen);
      ASSERT_LE(m->window_start.window_id, sent);
      last_seen = m->window_start.window_id;
    }
    if (sampler_->failed() || detector_->failed()) {
      // Only a long cut may end them, and only as absent or undecided.
      for (const Peer* peer : {sampler_.get(), detector_.get()}) {
        if (!peer->failed()) continue;
        const Reason reason = peer->error().reason;
        ASSERT_TRUE(reason == Reason::peer_absent || reason == Reason::agreement_timeout) << name(reason);
      }
      links_.restore();
      links_.hang_up();
      take_turns(2);
      start();
    }
  }
  EXPECT_GT(last_seen, 500u);
}

}  // namespace
}  // namespace torpor
