// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

#include "base/link.h"
#include "base/role.h"
#include "link/agreement.h"
#include "link/message.h"

namespace torpor {

// The other role as seen from ours: a Link with framing, agreement and reconnection. Both
// roles use it the same way in each wake:
//
//   peer.step(now);                                  // connects, greets, writes
//   if (peer.failed()) -> end with peer.error();
//   if (peer.session() != session_) ..               // a new agreement: start afresh
//   while (const Message* m = peer.receive(now)) ..  // only messages of an agreed peer
//   peer.send(WindowStart{..});                      // link_busy: again when link_out wakes
//   return Step{peer.wait()};                        // and the role's own deadline
//
// A lost link is no failure: a listener takes the next peer, a dialer dials again each
// kRedial, and agreement is made anew, within the peer time-out. Noise before HELLO is skipped,
// and counted by kind in reader(); a connection that brings nothing else is given up. HELLO from another boot
// epoch on an open link (a serial line has no hang-up) starts agreement anew as well.
//
// Freestanding, no heap, no wait. Memory is this object (about 20 KiB), so whatever the peer
// does, floods or never reads, nothing grows: one step reads at most kReadPerWake bytes and
// then lets the host turn, and a send that finds no room is refused. One thread. Link and
// own side outlive it.
class Peer {
 public:
  enum class End : std::uint8_t { listens, dials };
  static constexpr Duration kRedial = std::chrono::milliseconds(200);  // real time
  static constexpr std::size_t kReadPerWake = 64 * 1024;

  Peer(Link& link, const OwnSide& own, End end, BootTime started);

  void step(BootTime now);
  [[nodiscard]] const Message* receive(BootTime now);

  // Encodes and frames one message and writes what the link takes. link_busy: no room now,
  // nothing was taken. link_closed: there is no agreed peer.
  template <class M>
  Status send(const M& message, BootTime now) {
    TORPOR_CHECK(sendable());
    TORPOR_TRY(const Bytes payload, encode(message, scratch_));
    return enqueue(payload, now);
  }
  // A frame of any size can be sent now without link_busy.
  [[nodiscard]] bool has_room() const { return out_.size() - out_size_ >= kMaxWireBytes; }
  // Everything sent is in the link's hands.
  [[nodiscard]] bool flushed() const { return out_size_ == 0; }

  [[nodiscard]] bool agreed() const { return agreement_.state() == Agreement::State::agreed; }
  [[nodiscard]] bool failed() const { return agreement_.state() == Agreement::State::failed; }
  const Error& error() const { return agreement_.error(); }
  const PeerFacts& facts() const { return agreement_.peer(); }
  // Rises with each agreement; 0 before the first.
  std::uint32_t session() const { return session_; }
  Wait wait() const;
  // Gives this peer up, as if it had hung up: agreement is made anew, with the next.
  void hang_up(BootTime now) { lose(now); }
  // The end of this object's use: only what was said is left to be asked for.
  void close();

  struct Counts {
    std::uint32_t connections = 0;
    std::uint32_t strangers = 0;    // turned away by user id
    std::uint64_t out_of_turn = 0;  // messages before agreement
    std::uint32_t given_up = 0;     // connections that came to no agreement and were closed by us
    std::uint64_t bytes = 0;        // read, whatever they were
  };
  const Counts& counts() const { return counts_; }
  const MessageReader& reader() const { return reader_; }

 private:
  Status sendable() const;
  Status enqueue(Bytes payload, BootTime now);
  void connect(BootTime now);
  void greet(BootTime now);
  void flush(BootTime now);
  void lose(BootTime now);
  bool gave_up(BootTime now);
  void note_agreement();

  Link& link_;
  const OwnSide& own_;
  End end_;
  Agreement agreement_;
  BootTime redial_at_{};
  std::uint32_t session_ = 0;
  bool counted_ = false;  // this agreement is in session_
  std::size_t read_this_wake_ = 0;
  std::optional<MessageType> greeting_;  // in out_, not yet told as sent
  Counts counts_{};

  MessageReader reader_;
  Bytes in_;  // the unread rest of in_buffer_
  std::array<std::byte, 4096> in_buffer_;
  std::array<std::byte, kMaxMessageBytes> scratch_;
  std::size_t out_size_ = 0;
  std::array<std::byte, kMaxWireBytes + 512> out_;
};

}  // namespace torpor
