// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "contract/contract.h"
#include "firmware/peer_stopper.h"

namespace torpor {

// The dead-man's half that only counts: how long the detector was awake, and when it must have
// been heard of.
//
//   gone     no agreement: nothing is owed
//   awake    since it agreed, or since its first word after SLEEP: SLEEP within the awake limit
//   asleep   since SLEEP{until}: a word by `until` and the awake limit
//
// Every word, SLEEP too, is a sign of being awake: one that comes before the announced end shows
// that there was no sleep, and the time since counts as awake. The account begins anew where a
// sleep reached into the next period, not with each SLEEP.
//
// The account is taken in four pieces of the limit, a look at the end of each. A look that comes
// late by more than half a piece shows that the sampler itself did not run, so nobody can say
// what the detector could have done: nothing since the look before is counted. The same holds for
// time in which the machine was suspended, which the monotonic clock does not count.
//
// The contract's awake limit is in real time but for the sampling in it: on a clock of speed X
// the limit is sample + X (awake limit - sample). Pure, freestanding. One thread.
class PeerWatch {
 public:
  PeerWatch(const Contract& contract, std::uint32_t speed_permille);

  void agreed(const TimeStamp& now);
  void heard(const TimeStamp& now);  // any message but SLEEP
  void asleep(BootTime until, const TimeStamp& now);
  void gone() { state_ = State::gone; }

  // `until` as said, where the contract can mean it: later than now and not beyond its
  // period. Anything else is another clock's or nonsense, and is taken for the period.
  [[nodiscard]] bool credible(BootTime until, BootTime now) const {
    return until > now && until <= now + period_;
  }

  // When to look again; max(): nothing is owed. While the peer is asleep as announced, nothing
  // is due: it costs no wake.
  BootTime deadline() const { return state_ == State::gone ? BootTime::max() : look_at_; }
  // Call first in each wake. Takes the piece that is over into the account; how long the sampler
  // itself was away, if so.
  Duration look(const TimeStamp& now);
  // What is owed and did not come, if so; after the words of this wake.
  [[nodiscard]] std::optional<Offence> overdue(BootTime now) const;

 private:
  enum class State : std::uint8_t { gone, awake, asleep };
  void come_back(const TimeStamp& now);
  void look_again(const TimeStamp& now);
  // What it could have used since then, at most `span`.
  Duration usable(Duration span, MonoTime since, MonoTime now) const;

  Duration limit_;
  Duration period_;
  Duration tolerance_;
  State state_ = State::gone;
  BootTime stage_{};  // the account began here
  BootTime awake_since_{};
  Duration used_{};         // of the limit
  Duration used_before_{};  // asleep: of the account before, should there have been no sleep
  bool pretended_ = false;  // in this account it said that it slept, and did not
  TimeStamp slept_{};       // when it said SLEEP
  BootTime until_{};        // and how long
  BootTime looked_{};       // end of the last piece
  MonoTime looked_mono_{};
  BootTime look_at_{};
};

}  // namespace torpor
