// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/peer_watch.h"

namespace torpor {

PeerWatch::PeerWatch(const Contract& contract, std::uint32_t speed_permille)
    : limit_(contract.sample() +
             (std::chrono::milliseconds(contract.terms().power.awake_limit_ms) - contract.sample()) / 1000 *
                 speed_permille),
      period_(contract.period()) {}

void PeerWatch::owe(State state, BootTime from, const TimeStamp& now) {
  state_ = state;
  from_ = from;
  deadline_ = from + limit_;
  owed_since_ = now.mono;
}

void PeerWatch::agreed(const TimeStamp& now) { owe(State::awake, now.boot, now); }

void PeerWatch::heard(const TimeStamp& now) {
  if (state_ == State::asleep) owe(State::awake, now.boot, now);
}

void PeerWatch::asleep(BootTime until, const TimeStamp& now) {
  owe(State::asleep, credible(until, now.boot) ? until : now.boot + period_, now);
}

BootTime PeerWatch::deadline() const { return state_ == State::gone ? BootTime::max() : deadline_; }

std::optional<Overdue> PeerWatch::overdue(const TimeStamp& now) {
  if (now.boot < deadline()) return std::nullopt;
  const Duration had = now.mono - owed_since_;
  if (had < limit_) {
    deadline_ = now.boot + (limit_ - had);
    return std::nullopt;
  }
  return Overdue{.asleep = state_ == State::asleep, .after = now.boot - from_, .limit = limit_, .window = 0};
}

}  // namespace torpor
