// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/agreement.h"

#include <algorithm>

#include "base/assertion.h"
#include "base/hex.h"
#include "link/bundle_differences.h"

namespace torpor {

using namespace std::string_view_literals;  // known lengths: firmware has no strlen

namespace {

void put_contract(FixedString<120>& out, const Digest& digest, std::uint64_t sequence) {
  out << hex(digest) << " (sequence "sv << sequence << ")"sv;
}

}  // namespace

Agreement::Agreement(const OwnSide& own, BootTime started) : own_(own) {
  TORPOR_ASSERT(own_.speed_permille > 0, "agreement.the_clock_runs");
  const bool refuses = own_.contract == nullptr;
  absent_at_ = started + scaled(refuses ? kDecideWithin : own_.peer_timeout);
  if (refuses) {
    verdict_ = true;
    error_ = own_.refusal;
  }
}

Hello Agreement::hello() const {
  Hello hello{.role = own_.role, .boot_epoch = own_.boot_epoch, .speed_permille = own_.speed_permille};
  if (own_.contract == nullptr) {
    hello.refusal = ReasonName(name(own_.refusal.reason));
    hello.passing = passing(own_.refusal.reason);
  } else {
    hello.digest = own_.contract->digest();
    hello.sequence = own_.contract->sequence();
  }
  return hello;
}

// Each connection is greeted and judged for itself: nothing of the one before counts.
void Agreement::connected(BootTime now) {
  if (state_ == State::failed) return;
  state_ = State::waiting;
  // Who listens serves one connection at a time, and whoever dials speaks at once: a silent one
  // would keep the peer out. Who dials has nobody else to hear.
  decide_by_ = own_.role == LinkRole::sampler ? now + scaled(kDecideWithin) : BootTime::max();
  connected_ = true;
  hello_sent_ = hello_good_ = false;
}

void Agreement::heard(BootTime now) {
  if (state_ != State::waiting || !connected_) return;
  state_ = State::talking;
  decide_by_ = now + scaled(kDecideWithin);
}

std::optional<MessageType> Agreement::to_send() const {
  if (!connected_ || state_ == State::failed) return std::nullopt;
  if (!hello_sent_) return MessageType::hello;
  if (bundle_wanted_ && !bundle_sent_) return MessageType::bundle;
  return std::nullopt;
}

void Agreement::sent(MessageType type) {
  TORPOR_ASSERT(to_send() == type || state_ == State::failed, "agreement.only_what_was_due_is_sent");
  if (type == MessageType::hello) hello_sent_ = true;
  if (type == MessageType::bundle) bundle_sent_ = true;
  conclude();
}

void Agreement::received(const Message& message, BootTime now) {
  if (state_ == State::failed) return;
  TORPOR_ASSERT(connected_, "agreement.a_message_comes_over_a_connection");
  if (message.type == MessageType::hello && state_ == State::agreed) {
    if (message.hello.boot_epoch == peer_.boot_epoch) return;
    connected(now);  // the peer was started again on a link that does not hang up
  }
  heard(now);
  if (message.type == MessageType::hello) take_hello(message.hello);
  if (message.type == MessageType::bundle) take_bundle(message.bundle);
  conclude();
}

// The first HELLO of a connection decides; a second one cannot talk us out of it.
void Agreement::take_hello(const Hello& theirs) {
  if (verdict_ || hello_good_) return;
  const auto refusal = judge(theirs);
  if (!refusal) {
    hello_good_ = true;
    peer_ = {.protocol_minor = theirs.minor, .boot_epoch = theirs.boot_epoch};
    return;
  }
  if (refusal->reason == Reason::peer_refused && theirs.passing) {
    seen_ = Seen::not_yet;
    not_yet_ = theirs.refusal;
    spent_ = true;
    return;
  }
  verdict_ = true;
  error_ = *refusal;
  if (own_.claim != nullptr && theirs.major == kProtocolMajor && theirs.refusal.empty()) {
    own_.claim->heard = true;
    own_.claim->digest = theirs.digest;
    own_.claim->sequence = theirs.sequence;
  }
  const bool contracts_differ =
      error_.reason == Reason::digest_differs || error_.reason == Reason::sequence_reused;
  bundle_wanted_ = contracts_differ && !own_.bundle.empty();
}

// Adds words to the verdict, never takes it back: what a bundle claims is not verified.
void Agreement::take_bundle(const BundleCopy& theirs) {
  if (!bundle_wanted_ || bundle_seen_) return;
  TORPOR_ASSERT(verdict_, "agreement.bundles_are_compared_after_the_verdict");
  bundle_seen_ = true;
  error_.where << ": "sv << difference_line(own_.bundle, theirs.file);
  // The file is the reader's memory: it is gone with the next message.
  if (own_.claim == nullptr || theirs.file.size() > own_.claim->room.size()) return;
  std::copy(theirs.file.begin(), theirs.file.end(), own_.claim->room.begin());
  own_.claim->bundle_bytes = theirs.file.size();
}

std::optional<Error> Agreement::judge(const Hello& theirs) const {
  TORPOR_ASSERT(own_.contract != nullptr, "agreement.only_a_side_with_a_contract_judges");
  Error error;
  const auto refuse = [&](Reason reason, std::string_view where) {
    error.reason = reason;
    error.where << "peer: "sv << where;
    return error;
  };
  if (theirs.major != kProtocolMajor) {
    error.found << theirs.major;
    error.expected << kProtocolMajor;
    return refuse(Reason::protocol_major, "HELLO: protocol"sv);
  }
  if (theirs.boot_epoch == own_.boot_epoch) {
    error.found << "our own"sv;
    error.expected << "another one"sv;
    return refuse(Reason::peer_echo, "HELLO: boot epoch"sv);
  }
  if (theirs.role == own_.role) {
    error.found << name(theirs.role);
    error.expected << "the other role"sv;
    return refuse(Reason::peer_same_role, "HELLO: role"sv);
  }
  if (!theirs.refusal.empty()) {
    error.found << theirs.refusal;
    error.expected << "a "sv << name(theirs.role) << " with a valid bundle"sv;
    return refuse(Reason::peer_refused, name(theirs.role));
  }
  if (theirs.speed_permille != own_.speed_permille) {
    error.found << theirs.speed_permille << " permille"sv;
    error.expected << own_.speed_permille << " permille"sv;
    return refuse(Reason::speed_differs, "HELLO: speed"sv);
  }
  if (theirs.digest != own_.contract->digest()) {
    put_contract(error.found, theirs.digest, theirs.sequence);
    put_contract(error.expected, own_.contract->digest(), own_.contract->sequence());
    const bool reused = theirs.sequence == own_.contract->sequence();
    return refuse(reused ? Reason::sequence_reused : Reason::digest_differs, "contract"sv);
  }
  return std::nullopt;
}

// Whoever refuses says so first: without our HELLO, or our bundle, the peer could not tell
// its own people why.
void Agreement::conclude() {
  if (verdict_) {
    if (hello_sent_ && (!bundle_wanted_ || (bundle_sent_ && bundle_seen_))) fail();
  } else if (hello_good_ && hello_sent_) {
    TORPOR_ASSERT(own_.contract != nullptr, "agreement.nobody_agrees_without_a_contract");
    TORPOR_ASSERT(peer_.boot_epoch != own_.boot_epoch, "agreement.nobody_agrees_with_oneself");
    state_ = State::agreed;
    decide_by_ = BootTime::max();
  }
}

// For good: nothing a peer says or does later takes it back.
void Agreement::fail() {
  TORPOR_ASSERT(state_ != State::failed, "agreement.fails_once");
  state_ = State::failed;
}

void Agreement::lost(BootTime now) {
  if (state_ == State::failed || !connected_) return;
  connected_ = false;
  if (state_ == State::agreed) {
    absent_at_ = now + scaled(own_.peer_timeout);
    seen_ = Seen::nobody;
  } else if (verdict_ && own_.contract != nullptr) {
    fail();  // decided, and nobody is left to tell
    return;
  } else if (!spent_ && state_ == State::talking) {
    seen_ = Seen::half_a_hello;
  }
  state_ = State::waiting;
  decide_by_ = BootTime::max();
  hello_good_ = spent_ = false;
}

void Agreement::elapsed(BootTime now) {
  if (now < deadline()) return;
  TORPOR_ASSERT(state_ != State::failed && state_ != State::agreed,
                "agreement.what_is_decided_waits_for_nothing");
  if (connected_ && !verdict_) {
    if (state_ == State::waiting) seen_ = Seen::silence;
    if (state_ == State::talking && !spent_) seen_ = hello_good_ ? Seen::no_reader : Seen::noise;
  }
  if (verdict_) {
    fail();
  } else if (now >= absent_at_ && !hello_good_) {
    run_out();
  } else {
    spent_ = true;
  }
}

// The peer time-out is over. Neither reason is final: a supervisor starts this side again.
void Agreement::run_out() {
  const auto error = [&](Reason reason, std::string_view found) {
    error_.reason = reason;
    error_.where << "peer"sv;
    error_.found << found;
  };
  switch (seen_) {
    case Seen::nobody:
      error(Reason::peer_absent, "nobody"sv);
      break;
    case Seen::silence:
      error(Reason::peer_absent, "a connection on which nobody speaks"sv);
      break;
    case Seen::half_a_hello:
      error(Reason::peer_absent, "a peer that hung up in mid-HELLO"sv);
      break;
    case Seen::noise:
      error(Reason::agreement_timeout, "bytes, but no HELLO"sv);
      break;
    case Seen::no_reader:
      error(Reason::agreement_timeout, "a peer that does not read"sv);
      break;
    case Seen::not_yet:
      error(Reason::agreement_timeout, "a peer that cannot run yet: "sv);
      error_.found << not_yet_;
      break;
  }
  error_.expected << "the other role within "sv << own_.peer_timeout.count() / 1'000'000 << " ms"sv;
  TORPOR_ASSERT(passing(error_.reason), "agreement.who_only_waited_in_vain_comes_back");
  fail();
}

void Agreement::abandon(const Error& error) {
  if (state_ == State::failed) return;
  error_ = error;
  fail();
}

BootTime Agreement::deadline() const {
  if (state_ == State::failed || state_ == State::agreed) return BootTime::max();
  // A side that refuses by itself ends at a fixed time; nothing a peer does prolongs it.
  if (own_.contract == nullptr) return absent_at_;
  // Who has greeted well, or is being told why not, has these two seconds also at the end.
  if (verdict_ || hello_good_) return decide_by_;
  return std::min(decide_by_, absent_at_);
}

}  // namespace torpor
