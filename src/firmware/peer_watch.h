// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "contract/contract.h"
#include "firmware/peer_stopper.h"

namespace torpor {

// The dead-man's half that only counts: when the detector must have been heard of.
//
//   gone     no agreement: nothing is owed
//   awake    since it agreed, or since its first word after SLEEP: SLEEP by the awake limit
//   asleep   since SLEEP{until}: a word by `until` and the awake limit
//
// Each word only moves one deadline, so who keeps time costs no wake. The contract's awake
// limit is in real time but for the sampling in it: on a clock of speed X the limit is
// sample + X (awake limit - sample). Time in which the machine itself was suspended is not
// held against the detector: it is overdue only when the monotonic clock, too, says that it
// had the whole limit. Pure, freestanding. One thread.
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

  // When to call overdue(); max(): nothing is owed.
  BootTime deadline() const;
  // What is owed and did not come, if so. Moves the deadline where the machine was
  // suspended meanwhile.
  [[nodiscard]] std::optional<Overdue> overdue(const TimeStamp& now);

 private:
  enum class State : std::uint8_t { gone, awake, asleep };
  void owe(State state, BootTime from, const TimeStamp& now);

  Duration limit_;
  Duration period_;
  State state_ = State::gone;
  BootTime from_{};
  BootTime deadline_{};
  MonoTime owed_since_{};
};

}  // namespace torpor
