// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <optional>

#include "contract/contract.h"
#include "contract/sign1.h"
#include "link/message.h"

namespace torpor {

// What a peer that is refused said of its own contract, kept for the people who must choose
// between the two. Nothing of it is verified, and nothing acts on it.
struct PeerClaim {
  bool heard = false;  // it named a contract: digest and sequence are those of its HELLO
  Digest digest{};
  std::uint64_t sequence = 0;
  std::array<std::byte, kMaxBundleBytes> room{};
  std::size_t bundle_bytes = 0;  // 0: its bundle did not come, or is too large for one
  Bytes bundle() const { return Bytes(room).first(bundle_bytes); }
};

// What one role brings to the table. The bytes and the contract outlive its user.
struct OwnSide {
  LinkRole role{};
  std::uint64_t boot_epoch = 0;        // random, given in
  const Contract* contract = nullptr;  // null: no valid bundle, then `refusal` says why
  Error refusal{};
  Bytes bundle;                // the file the contract came from; sent only when digests differ
  PeerClaim* claim = nullptr;  // filled when a peer is refused; null: nobody asks (firmware)
  // Both processes count scaled time t = X * CLOCK_BOOTTIME: its zero is boot itself, one
  // and the same for all processes of a host, so only X needs to be agreed on.
  std::uint32_t speed_permille = 1000;
  Duration peer_timeout{};  // the site's, in real time
};

struct PeerFacts {
  std::uint32_t protocol_minor = 0;
  std::uint64_t boot_epoch = 0;
};

// Whether the peer obeys the same contract: a pure state machine, the same for both roles,
// that knows no link and no clock. Its outcome is a value: agreed, or the Error to end
// with. It judges; it adopts nothing a peer claims.
//
// Judged in this order, the first that fails names the refusal:
//   protocol_major    another major version; minor versions and software need not match
//   peer_echo         its boot epoch is ours: something sends our own bytes back
//   peer_same_role    two samplers, or two detectors
//   peer_refused      it says that it has no valid bundle, and why: for good (see below)
//   speed_differs     its clock runs at another speed
//   sequence_reused   same sequence, another digest: two contracts pass for one
//   digest_differs    another contract. For these two, bundles are exchanged so that the
//                     error can name the fields besides both digests
//
// Only a HELLO decides. What passes by itself is waited for, within the peer time-out, counted
// from the start or from the loss of the peer agreed with: nobody there; a peer that hangs up in
// mid-HELLO; one that refuses for a passing reason and will be started again; bytes that are no
// HELLO, which are skipped; a peer that does not read ours. A connection that comes to nothing
// for kDecideWithin, from its first byte on, is spent: it is given up for the next. At the end
// it is peer_absent where nobody spoke, agreement_timeout where somebody did; neither is final.
//
// Once a HELLO has refused, bundles are exchanged for at most kDecideWithin. A side that refuses
// by itself ends kDecideWithin after its start, peer or no peer. All of this is real time, so on
// a scaled clock it is multiplied by the speed. The table of states and events: docs/link.md.
class Agreement {
 public:
  static constexpr Duration kDecideWithin = std::chrono::seconds(2);

  enum class State : std::uint8_t {
    waiting,  // for a connection, or for the first byte on it
    talking,
    agreed,
    failed,  // error() says why; nothing more to send
  };

  Agreement(const OwnSide& own, BootTime started);

  // What happens, told by whoever holds the link.
  void connected(BootTime now);
  void heard(BootTime now);  // any byte came
  void received(const Message& message, BootTime now);
  void lost(BootTime now);
  void elapsed(BootTime now);        // call when deadline() has come; earlier is harmless
  void abandon(const Error& error);  // the link itself cannot be had
  // Nothing more can come of this connection: close it and tell lost().
  [[nodiscard]] bool spent() const { return spent_; }

  // What to send next, hello or bundle; nullopt: nothing. sent() once it is in the link's
  // hands wholly.
  [[nodiscard]] std::optional<MessageType> to_send() const;
  void sent(MessageType type);
  Hello hello() const;

  State state() const { return state_; }
  BootTime deadline() const;                       // max() once agreed or failed
  const PeerFacts& peer() const { return peer_; }  // when agreed
  const Error& error() const { return error_; }    // when failed

 private:
  Duration scaled(Duration real) const { return real / 1000 * own_.speed_permille; }
  [[nodiscard]] std::optional<Error> judge(const Hello& theirs) const;
  void take_hello(const Hello& theirs);
  void take_bundle(const BundleCopy& theirs);
  void conclude();
  void fail();
  void run_out();

  const OwnSide& own_;
  State state_ = State::waiting;
  BootTime absent_at_{};
  BootTime decide_by_ = BootTime::max();
  bool connected_ = false;
  bool hello_sent_ = false, hello_good_ = false;
  bool bundle_wanted_ = false, bundle_sent_ = false, bundle_seen_ = false;
  bool verdict_ = false;  // error_ is decided, state_ follows once all is sent
  bool spent_ = false;
  // What came nearest to an agreement since the start or the last one, for the error's words.
  enum class Seen : std::uint8_t { nobody, silence, half_a_hello, noise, no_reader, not_yet };
  Seen seen_ = Seen::nobody;
  ReasonName not_yet_{};  // the passing reason the peer gave
  PeerFacts peer_{};
  Error error_{};
};

}  // namespace torpor
