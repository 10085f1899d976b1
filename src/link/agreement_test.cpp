// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/agreement.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "link/fake/own_side.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Agreement::State;

Message hello_message(const Hello& hello) {
  Message message;
  message.type = MessageType::hello;
  message.hello = hello;
  return message;
}
Message bundle_message(Bytes file) {
  Message message;
  message.type = MessageType::bundle;
  message.bundle.file = file;
  return message;
}

class AgreementTest : public testing::Test {
 protected:
  SideForTest ours_{LinkRole::detector};
  SideForTest theirs_{LinkRole::sampler};
  BootTime now_{seconds(50)};

  // An agreement connected and with its HELLO sent.
  Agreement connected(const SideForTest& side) {
    Agreement a(side.own(), now_);
    a.connected(now_);
    EXPECT_EQ(a.to_send(), MessageType::hello);
    a.sent(MessageType::hello);
    return a;
  }
  // What our side says to a HELLO.
  Error refusal_of(const Hello& hello) {
    Agreement a = connected(ours_);
    a.received(hello_message(hello), now_);
    EXPECT_EQ(a.state(), State::failed);
    return a.error();
  }
  Hello their_hello() { return Agreement(theirs_.own(), now_).hello(); }
};

TEST_F(AgreementTest, two_sides_with_the_same_contract_agree_on_one_hello_each) {
  Agreement a = connected(ours_), b = connected(theirs_);
  a.received(hello_message(b.hello()), now_);
  b.received(hello_message(a.hello()), now_);
  EXPECT_EQ(a.state(), State::agreed);
  EXPECT_EQ(b.state(), State::agreed);
  EXPECT_EQ(a.peer().boot_epoch, theirs_.own().boot_epoch);
  EXPECT_EQ(a.deadline(), BootTime::max());
  EXPECT_FALSE(a.to_send().has_value());
}

TEST_F(AgreementTest, does_not_agree_before_its_own_hello_is_out) {
  Agreement a(ours_.own(), now_);
  a.connected(now_);
  a.received(hello_message(their_hello()), now_);
  EXPECT_EQ(a.state(), State::talking);
  a.sent(MessageType::hello);
  EXPECT_EQ(a.state(), State::agreed);
}

TEST_F(AgreementTest, forty_seconds_of_difference_are_refused_by_both_with_digests_and_field) {
  Terms other = terms_for_test();
  other.duty.sleep_ms = 15'000;
  other.sequence = 2;
  other.power.awake_limit_ms = 15'000;
  other.power.mj_per_hour = 3'600'000;
  SideForTest theirs(LinkRole::sampler, other);
  Agreement a = connected(ours_), b = connected(theirs);
  a.received(hello_message(b.hello()), now_);
  b.received(hello_message(a.hello()), now_);
  EXPECT_EQ(a.state(), State::talking) << "first the bundles, then the verdict";
  ASSERT_EQ(a.to_send(), MessageType::bundle);
  ASSERT_EQ(b.to_send(), MessageType::bundle);
  a.sent(MessageType::bundle);
  b.sent(MessageType::bundle);
  a.received(bundle_message(theirs.own().bundle), now_);
  b.received(bundle_message(ours_.own().bundle), now_);
  ASSERT_EQ(a.state(), State::failed);
  ASSERT_EQ(b.state(), State::failed);
  for (const Agreement* side : {&a, &b}) {
    EXPECT_EQ(side->error().reason, Reason::digest_differs);
    EXPECT_EQ(exit_code(side->error().reason), 78);
    const std::string line(one_line(side->error()).view());
    EXPECT_NE(line.find("duty.sleep_ms"), std::string::npos) << line;
    for (const SideForTest* s : {&ours_, &theirs}) {
      FixedString<64> hex;
      hex.append_hex(s->own().contract->digest().data(), 32);
      EXPECT_NE(line.find(hex.view()), std::string::npos) << line;
    }
  }
}

TEST_F(AgreementTest, what_a_refused_peer_said_of_its_contract_is_kept_for_people) {
  Terms other = terms_for_test();
  other.sequence = 2;
  SideForTest theirs(LinkRole::sampler, other);
  PeerClaim claim;
  OwnSide own = ours_.own();
  own.claim = &claim;
  Agreement a(own, now_);
  a.connected(now_);
  a.sent(MessageType::hello);
  a.received(hello_message(Agreement(theirs.own(), now_).hello()), now_);
  EXPECT_TRUE(claim.heard);
  EXPECT_EQ(claim.digest, theirs.contract().digest());
  EXPECT_EQ(claim.sequence, 2u);
  EXPECT_TRUE(claim.bundle().empty());
  a.sent(MessageType::bundle);
  a.received(bundle_message(theirs.own().bundle), now_);
  EXPECT_TRUE(equal(claim.bundle(), theirs.own().bundle));
  EXPECT_EQ(a.state(), State::failed) << "nothing acts on it";
}

TEST_F(AgreementTest, equal_sequence_with_another_digest_is_its_own_refusal) {
  Terms other = terms_for_test();
  other.contract_id = "another";
  SideForTest theirs(LinkRole::sampler, other);
  Agreement a = connected(ours_);
  a.received(hello_message(Agreement(theirs.own(), now_).hello()), now_);
  a.sent(MessageType::bundle);
  a.received(bundle_message(theirs.own().bundle), now_);
  EXPECT_EQ(a.error().reason, Reason::sequence_reused);
}

TEST_F(AgreementTest, a_peer_that_never_sends_its_bundle_delays_the_refusal_by_two_seconds_at_most) {
  Terms other = terms_for_test();
  other.sequence = 3;
  SideForTest theirs(LinkRole::sampler, other);
  Agreement a = connected(ours_);
  a.received(hello_message(Agreement(theirs.own(), now_).hello()), now_);
  a.sent(MessageType::bundle);
  EXPECT_EQ(a.deadline(), now_ + seconds(2));
  a.elapsed(now_ + seconds(2) - Duration(1));
  EXPECT_EQ(a.state(), State::talking);
  a.elapsed(now_ + seconds(2));
  EXPECT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::digest_differs);
}

TEST_F(AgreementTest, a_bundle_of_garbage_does_not_change_the_refusal) {
  Terms other = terms_for_test();
  other.sequence = 3;
  SideForTest theirs(LinkRole::sampler, other);
  Agreement a = connected(ours_);
  a.received(hello_message(Agreement(theirs.own(), now_).hello()), now_);
  a.sent(MessageType::bundle);
  a.received(bundle_message(as_bytes("garbage")), now_);
  EXPECT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::digest_differs);
  EXPECT_NE(a.error().where.view().find("bundle readable / bundle_"), std::string_view::npos);
}

TEST_F(AgreementTest, a_parrot_that_echoes_our_hello_is_refused) {
  EXPECT_EQ(refusal_of(Agreement(ours_.own(), now_).hello()).reason, Reason::peer_echo);
}

TEST_F(AgreementTest, a_parrot_that_changes_the_role_is_still_an_echo) {
  Hello echo = Agreement(ours_.own(), now_).hello();
  echo.role = LinkRole::sampler;
  EXPECT_EQ(refusal_of(echo).reason, Reason::peer_echo);
}

TEST_F(AgreementTest, two_detectors_do_not_make_a_robot) {
  Hello hello = their_hello();
  hello.role = LinkRole::detector;
  EXPECT_EQ(refusal_of(hello).reason, Reason::peer_same_role);
}

TEST_F(AgreementTest, another_major_version_is_refused_and_a_minor_one_is_not) {
  Hello hello = their_hello();
  hello.major += 1;
  const Error error = refusal_of(hello);
  EXPECT_EQ(error.reason, Reason::protocol_major);
  EXPECT_EQ(error.found.view(), "2");
  EXPECT_EQ(error.expected.view(), "1");
  hello = their_hello();
  hello.minor += 7;
  Agreement a = connected(ours_);
  a.received(hello_message(hello), now_);
  EXPECT_EQ(a.state(), State::agreed);
}

TEST_F(AgreementTest, another_speed_is_refused) {
  Hello hello = their_hello();
  hello.speed_permille = 60'000;
  EXPECT_EQ(refusal_of(hello).reason, Reason::speed_differs);
}

TEST_F(AgreementTest, a_peer_without_a_valid_bundle_is_named_with_its_reason) {
  Hello hello = their_hello();
  hello.refusal = "contract_expired";
  const Error error = refusal_of(hello);
  EXPECT_EQ(error.reason, Reason::peer_refused);
  EXPECT_EQ(error.found.view(), "contract_expired");
  EXPECT_EQ(exit_code(error.reason), 78);
}

TEST_F(AgreementTest, nobody_within_the_peer_time_out_is_absent_with_69) {
  Agreement a(ours_.own(), now_);
  EXPECT_EQ(a.deadline(), now_ + SideForTest::kPeerTimeout);
  a.elapsed(a.deadline());
  EXPECT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::peer_absent);
  EXPECT_EQ(exit_code(a.error().reason), 69);
}

TEST_F(AgreementTest, a_connection_on_which_nobody_speaks_is_absent_too) {
  Agreement a = connected(ours_);
  a.elapsed(now_ + SideForTest::kPeerTimeout);
  EXPECT_EQ(a.error().reason, Reason::peer_absent);
  EXPECT_EQ(a.error().found.view(), "a connection on which nobody speaks");
}

TEST_F(AgreementTest, bytes_that_are_no_hello_spend_a_connection_in_two_seconds_and_decide_nothing) {
  Agreement a = connected(ours_);
  const BootTime began = now_;
  now_ += seconds(4);
  a.heard(now_);
  EXPECT_EQ(a.deadline(), now_ + seconds(2));
  a.heard(now_ + seconds(1));
  EXPECT_EQ(a.deadline(), now_ + seconds(2)) << "a drip of bytes prolongs nothing";
  a.elapsed(now_ + seconds(2));
  EXPECT_TRUE(a.spent());
  EXPECT_NE(a.state(), State::failed);
  a.lost(now_ + seconds(2));
  EXPECT_FALSE(a.spent());
  EXPECT_EQ(a.deadline(), began + SideForTest::kPeerTimeout) << "from the start, not from the last try";
  a.connected(now_ + seconds(3));
  a.sent(MessageType::hello);
  a.received(hello_message(their_hello()), now_ + seconds(3));
  EXPECT_EQ(a.state(), State::agreed);
}

TEST_F(AgreementTest, nothing_but_noise_ends_with_69_after_the_peer_time_out) {
  Agreement a = connected(ours_);
  const BootTime until = now_ + SideForTest::kPeerTimeout;
  while (a.state() != State::failed && now_ < until) {
    a.heard(now_);
    now_ = a.deadline();
    a.elapsed(now_);
    if (!a.spent()) continue;
    a.lost(now_);
    a.connected(now_);
  }
  EXPECT_EQ(now_, until);
  ASSERT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::agreement_timeout);
  EXPECT_EQ(a.error().found.view(), "bytes, but no HELLO");
  EXPECT_EQ(exit_code(a.error().reason), 69);
}

TEST_F(AgreementTest, who_listens_gives_up_a_silent_connection_for_the_next) {
  Agreement listens = connected(theirs_);
  EXPECT_EQ(listens.deadline(), now_ + seconds(2));
  listens.elapsed(now_ + seconds(2));
  EXPECT_TRUE(listens.spent());
  Agreement dials = connected(ours_);
  EXPECT_EQ(dials.deadline(), now_ + SideForTest::kPeerTimeout) << "there is nobody else";
}

TEST_F(AgreementTest, a_peer_that_refuses_for_a_passing_reason_is_waited_for) {
  Hello hello = their_hello();
  hello.refusal = "io_failed";
  hello.passing = true;
  Agreement a = connected(ours_);
  const BootTime until = now_ + SideForTest::kPeerTimeout;
  a.received(hello_message(hello), now_);
  EXPECT_TRUE(a.spent());
  EXPECT_NE(a.state(), State::failed);
  a.lost(now_);
  a.connected(now_ + seconds(5));
  a.sent(MessageType::hello);
  Agreement in_vain = a;
  a.received(hello_message(their_hello()), now_ + seconds(5));
  EXPECT_EQ(a.state(), State::agreed) << "and the time-out begins anew after that";
  in_vain.received(hello_message(hello), now_ + seconds(5));
  in_vain.lost(now_ + seconds(5));
  EXPECT_EQ(in_vain.deadline(), until);
  in_vain.elapsed(until);
  EXPECT_EQ(in_vain.error().reason, Reason::agreement_timeout);
  EXPECT_NE(in_vain.error().found.view().find("io_failed"), std::string_view::npos);
  EXPECT_EQ(exit_code(in_vain.error().reason), 69);
}

TEST_F(AgreementTest, a_peer_dying_in_mid_hello_leaves_us_waiting_for_the_next) {
  Agreement a = connected(ours_);
  a.heard(now_ + milliseconds(10));
  a.lost(now_ + milliseconds(20));
  EXPECT_EQ(a.state(), State::waiting);
  EXPECT_EQ(a.deadline(), now_ + SideForTest::kPeerTimeout) << "from the start, not from the last try";
  a.connected(now_ + seconds(3));
  EXPECT_EQ(a.to_send(), MessageType::hello) << "each connection is greeted";
  a.sent(MessageType::hello);
  a.received(hello_message(their_hello()), now_ + seconds(3));
  EXPECT_EQ(a.state(), State::agreed);
}

TEST_F(AgreementTest, peers_that_only_die_in_mid_hello_end_as_absent) {
  Agreement a = connected(ours_);
  a.heard(now_);
  a.lost(now_);
  a.elapsed(now_ + SideForTest::kPeerTimeout);
  EXPECT_EQ(a.error().reason, Reason::peer_absent);
  EXPECT_EQ(a.error().found.view(), "a peer that hung up in mid-HELLO");
}

TEST_F(AgreementTest, a_peer_that_never_reads_our_hello_is_given_up_after_two_seconds_and_waited_for) {
  Agreement a(ours_.own(), now_);
  a.connected(now_);
  a.received(hello_message(their_hello()), now_);
  a.elapsed(now_ + seconds(2));
  EXPECT_TRUE(a.spent());
  a.lost(now_ + seconds(2));
  a.elapsed(now_ + SideForTest::kPeerTimeout);
  EXPECT_EQ(a.error().reason, Reason::agreement_timeout);
  EXPECT_EQ(a.error().found.view(), "a peer that does not read");
}

TEST_F(AgreementTest, losing_an_agreed_peer_starts_the_time_out_anew) {
  Agreement a = connected(ours_);
  a.received(hello_message(their_hello()), now_);
  now_ += std::chrono::hours(5);
  a.lost(now_);
  EXPECT_EQ(a.state(), State::waiting);
  EXPECT_EQ(a.deadline(), now_ + SideForTest::kPeerTimeout);
}

TEST_F(AgreementTest, a_peer_started_anew_on_an_open_link_is_greeted_and_judged_anew) {
  Agreement a = connected(ours_);
  a.received(hello_message(their_hello()), now_);
  a.received(hello_message(their_hello()), now_);
  EXPECT_EQ(a.state(), State::agreed) << "the same HELLO twice changes nothing";
  Hello restarted = their_hello();
  restarted.boot_epoch = 4711;
  a.received(hello_message(restarted), now_);
  EXPECT_EQ(a.state(), State::talking);
  EXPECT_EQ(a.to_send(), MessageType::hello);
  a.sent(MessageType::hello);
  EXPECT_EQ(a.state(), State::agreed);
  EXPECT_EQ(a.peer().boot_epoch, 4711u);
}

TEST_F(AgreementTest, a_side_without_a_bundle_says_why_and_ends_whatever_the_peer_says) {
  SideForTest refusing(LinkRole::sampler, Error{.reason = Reason::file_missing});
  Agreement a(refusing.own(), now_);
  EXPECT_EQ(a.deadline(), now_ + seconds(2));
  a.connected(now_);
  EXPECT_EQ(a.hello().refusal.view(), "file_missing");
  EXPECT_TRUE(a.hello().passing) << "it will be started again";
  a.received(hello_message(Agreement(ours_.own(), now_).hello()), now_);
  EXPECT_EQ(a.state(), State::talking);
  a.sent(MessageType::hello);
  EXPECT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::file_missing);
}

TEST_F(AgreementTest, a_side_without_a_bundle_and_without_a_peer_ends_after_two_seconds) {
  SideForTest refusing(LinkRole::sampler, Error{.reason = Reason::file_missing});
  Agreement a(refusing.own(), now_);
  a.elapsed(now_ + seconds(2));
  EXPECT_EQ(a.state(), State::failed);
  EXPECT_EQ(a.error().reason, Reason::file_missing);
}

TEST_F(AgreementTest, limits_are_real_time_on_a_scaled_clock) {
  SideForTest fast(LinkRole::detector);
  fast.set_speed(200'000);
  Agreement a(fast.own(), now_);
  EXPECT_EQ(a.deadline(), now_ + 200 * SideForTest::kPeerTimeout);
  a.connected(now_);
  a.heard(now_);
  EXPECT_EQ(a.deadline(), now_ + 200 * seconds(2));
}

}  // namespace
}  // namespace torpor
