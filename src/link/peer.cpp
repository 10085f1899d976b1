// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/peer.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

Peer::Peer(Link& link, const OwnSide& own, End end, BootTime started)
    : link_(link), own_(own), end_(end), agreement_(own, started), redial_at_(started) {}

void Peer::step(BootTime now) {
  read_this_wake_ = 0;
  if (failed()) return;
  if (!link_.is_open()) connect(now);
  greet(now);
  flush(now);
  agreement_.elapsed(now);
  gave_up(now);
}

void Peer::connect(BootTime now) {
  TORPOR_ASSERT(!agreed(), "peer.no_agreement_outlives_its_link");
  if (end_ == End::dials) {
    if (now < redial_at_) return;
    redial_at_ = now + kRedial / 1000 * own_.speed_permille;
  }
  if (auto opened = link_.open(); !opened) {
    const Reason reason = opened.error().reason;
    if (reason == Reason::peer_absent) return;
    if (reason == Reason::file_denied && end_ == End::listens) {
      ++counts_.strangers;  // turned away; the sampler goes on for its own peer
      return;
    }
    agreement_.abandon(opened.error());
    return;
  }
  ++counts_.connections;
  // Half a message of the peer before, in either direction, would garble the first of this one.
  reader_.reset();
  in_ = {};
  out_size_ = 0;
  greeting_.reset();
  agreement_.connected(now);
}

// What is due is told as sent only once the link has all of it: a HELLO half written when the
// link is lost was not said.
void Peer::greet(BootTime now) {
  while (link_.is_open()) {
    if (greeting_) {
      flush(now);
      if (out_size_ > 0 || !greeting_) return;
      agreement_.sent(*greeting_);
      greeting_.reset();
      note_agreement();
    }
    const auto due = agreement_.to_send();
    if (!due) return;
    auto payload = *due == MessageType::hello ? encode(agreement_.hello(), scratch_)
                                              : encode(BundleCopy{own_.bundle}, scratch_);
    greeting_ = due;
    if (!payload) continue;  // a bundle too long to travel: the peer names digests only
    if (auto status = enqueue(*payload, now); !status) {
      greeting_.reset();
      return;
    }
  }
}

const Message* Peer::receive(BootTime now) {
  while (!failed() && link_.is_open()) {
    while (const Message* message = reader_.next(in_)) {
      const bool greets = message->type == MessageType::hello || message->type == MessageType::bundle;
      if (agreed() && !greets) {
        TORPOR_ASSERT(counted_ && session_ > 0, "peer.a_message_belongs_to_a_session");
        return message;
      }
      if (!greets) {
        ++counts_.out_of_turn;
        continue;
      }
      agreement_.received(*message, now);
      note_agreement();
      greet(now);
      if (failed() || !link_.is_open() || gave_up(now)) return nullptr;
    }
    if (read_this_wake_ >= kReadPerWake) return nullptr;
    auto count = link_.read(in_buffer_);
    if (!count) {
      lose(now);
      return nullptr;
    }
    if (*count == 0) return nullptr;
    TORPOR_ASSERT(*count <= in_buffer_.size(), "peer.a_link_reads_no_more_than_it_was_asked");
    read_this_wake_ += *count;
    counts_.bytes += *count;
    in_ = Bytes(in_buffer_).first(*count);
    agreement_.heard(now);
  }
  return nullptr;
}

Status Peer::sendable() const {
  if (agreed() && link_.is_open()) return {};
  return Error{.reason = Reason::link_closed, .where = "peer", .expected = "an agreed peer"};
}

Status Peer::enqueue(Bytes payload, BootTime now) {
  if (wire_bytes(payload.size()) > out_.size() - out_size_) {
    Error error{.reason = Reason::link_busy, .where = "peer"};
    error.found << out_size_ << " bytes not taken yet";
    return error;
  }
  TORPOR_TRY(const std::size_t count, frame_payload(payload, MutableBytes(out_).subspan(out_size_)));
  out_size_ += count;
  TORPOR_ASSERT(out_size_ <= out_.size(), "peer.what_waits_fits_its_buffer");
  flush(now);
  return {};
}

void Peer::flush(BootTime now) {
  std::size_t done = 0;
  while (done < out_size_) {
    auto count = link_.write(Bytes(out_).first(out_size_).subspan(done));
    if (!count) {
      lose(now);
      return;
    }
    if (*count == 0) break;
    done += *count;
    TORPOR_ASSERT(done <= out_size_, "peer.a_link_takes_no_more_than_it_was_given");
  }
  std::copy(out_.begin() + static_cast<std::ptrdiff_t>(done),
            out_.begin() + static_cast<std::ptrdiff_t>(out_size_), out_.begin());
  out_size_ -= done;
}

void Peer::lose(BootTime now) {
  link_.close();
  agreement_.lost(now);
  in_ = {};
  out_size_ = 0;
  greeting_.reset();
  redial_at_ = now + kRedial / 1000 * own_.speed_permille;
  note_agreement();
  TORPOR_ASSERT(!agreed() && !link_.is_open(), "peer.what_is_lost_is_neither_agreed_nor_open");
}

// A connection of which nothing can come makes room for the next.
bool Peer::gave_up(BootTime now) {
  if (failed() || !agreement_.spent()) return false;
  TORPOR_ASSERT(!agreed(), "peer.an_agreement_is_not_given_up");
  ++counts_.given_up;
  lose(now);
  return true;
}

// After everything that may change the agreement: a role that compares session() with the one
// it knows must see each new agreement, also one that follows a loss within one wake.
void Peer::note_agreement() {
  const std::uint32_t before = session_;
  if (agreed() && !counted_) ++session_;
  counted_ = agreed();
  TORPOR_ASSERT(session_ >= before && (session_ > 0 || !agreed()), "peer.a_session_only_grows");
}

Wait Peer::wait() const {
  const bool open = link_.is_open();
  Wait wait{.until = agreement_.deadline()};
  if (!open && end_ == End::dials) wait.until = std::min(wait.until, redial_at_);
  wait.link_in = open || end_ == End::listens;
  wait.link_out = open && out_size_ > 0;
  return wait;
}

void Peer::close() { link_.close(); }

}  // namespace torpor
