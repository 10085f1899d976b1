// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "contract/contract.h"
#include "link/message.h"

namespace torpor {

// What one role brings to the table. The bytes and the contract outlive its user.
struct OwnSide {
  LinkRole role{};
  std::uint64_t boot_epoch = 0;        // random, given in
  const Contract* contract = nullptr;  // null: no valid bundle, then `refusal` says why
  Error refusal{};
  Bytes bundle;  // the file the contract came from; sent only when digests differ
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
//   peer_refused      it says that it has no valid bundle, and why
//   speed_differs     its clock runs at another speed
//   sequence_reused   same sequence, another digest: two contracts pass for one
//   digest_differs    another contract. For these two, bundles are exchanged so that the
//                     error can name the fields besides both digests
//
// Time. While nobody speaks: peer_absent after the peer time-out, counted from the start, or
// from the loss of the peer agreed with. From a peer's first byte on: all is decided within
// kDecideWithin, else agreement_timeout. A peer that hangs up before anything is decided
// (dying in mid-HELLO) has said nothing: wait for the next, within the same time-out. A side
// that refuses by itself ends kDecideWithin after its start, peer or no peer. All of this is
// real time, so on a scaled clock it is multiplied by the speed.
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
  std::string_view absence() const;

  const OwnSide& own_;
  State state_ = State::waiting;
  BootTime absent_at_{};
  BootTime decide_by_ = BootTime::max();
  bool connected_ = false;
  bool hello_sent_ = false, hello_good_ = false;
  bool bundle_wanted_ = false, bundle_sent_ = false, bundle_seen_ = false;
  bool verdict_ = false;  // error_ is decided, state_ follows once all is sent
  bool died_talking_ = false;
  PeerFacts peer_{};
  Error error_{};
};

}  // namespace torpor
