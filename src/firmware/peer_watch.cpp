// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/peer_watch.h"

#include "base/assertion.h"

namespace torpor {

// The contract's rules hold awake_limit above sample, so that the limit is more than nothing
// at any speed. Divided first: both are whole milliseconds, and the product must not overflow.
PeerWatch::PeerWatch(const Contract& contract, std::uint32_t speed_permille)
    : limit_(contract.sample() +
             (std::chrono::milliseconds(contract.terms().power.awake_limit_ms) - contract.sample()) / 1000 *
                 speed_permille),
      period_(contract.period()) {
  TORPOR_ASSERT(limit_ > Duration::zero(), "peer_watch.the_awake_limit_is_more_than_nothing");
  TORPOR_ASSERT(period_ > contract.sample(), "peer_watch.a_period_is_longer_than_its_sample");
}

void PeerWatch::owe(State state, BootTime from, const TimeStamp& now) {
  TORPOR_ASSERT(state != State::gone, "peer_watch.only_a_peer_that_is_there_owes");
  state_ = state;
  from_ = from;
  deadline_ = from + limit_;
  owed_since_ = now.mono;
  TORPOR_ASSERT(deadline_ > now.boot, "peer_watch.what_is_owed_lies_ahead");
}

void PeerWatch::agreed(const TimeStamp& now) { owe(State::awake, now.boot, now); }

// Awake, a further word pays nothing: only SLEEP does, or a talkative peer would never be due.
void PeerWatch::heard(const TimeStamp& now) {
  if (state_ == State::asleep) owe(State::awake, now.boot, now);
}

void PeerWatch::asleep(BootTime until, const TimeStamp& now) {
  owe(State::asleep, credible(until, now.boot) ? until : now.boot + period_, now);
}

BootTime PeerWatch::deadline() const { return state_ == State::gone ? BootTime::max() : deadline_; }

std::optional<Overdue> PeerWatch::overdue(const TimeStamp& now) {
  if (now.boot < deadline()) return std::nullopt;
  TORPOR_ASSERT(now.mono >= owed_since_, "peer_watch.monotonic_time_does_not_go_back");
  // Boot time counts suspend, monotonic time does not: what is missing of the limit by the
  // latter, the peer could not have used.
  const Duration had = now.mono - owed_since_;
  if (had < limit_) {
    deadline_ = now.boot + (limit_ - had);
    return std::nullopt;
  }
  TORPOR_ASSERT(now.boot - from_ >= limit_, "peer_watch.nobody_is_overdue_before_the_limit");
  return Overdue{.asleep = state_ == State::asleep, .after = now.boot - from_, .limit = limit_, .window = 0};
}

}  // namespace torpor
