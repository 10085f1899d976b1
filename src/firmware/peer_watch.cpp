// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/peer_watch.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr int kPieces = 4;

}  // namespace

// The contract's rules hold awake_limit above sample, so that the limit is more than nothing
// at any speed. Divided first: both are whole milliseconds, and the product must not overflow.
PeerWatch::PeerWatch(const Contract& contract, std::uint32_t speed_permille)
    : limit_(contract.sample() +
             (std::chrono::milliseconds(contract.terms().power.awake_limit_ms) - contract.sample()) / 1000 *
                 speed_permille),
      period_(contract.period()),
      tolerance_(std::chrono::milliseconds(contract.terms().duty.interval_tolerance_ms)) {
  TORPOR_ASSERT(limit_ > Duration::zero(), "peer_watch.the_awake_limit_is_more_than_nothing");
  TORPOR_ASSERT(period_ > contract.sample(), "peer_watch.a_period_is_longer_than_its_sample");
}

Duration PeerWatch::usable(Duration span, MonoTime since, MonoTime now) const {
  TORPOR_ASSERT(now >= since, "peer_watch.monotonic_time_does_not_go_back");
  return std::clamp(now - since, Duration::zero(), std::max(span, Duration::zero()));
}

void PeerWatch::look_again(const TimeStamp& now) {
  TORPOR_ASSERT(state_ != State::gone, "peer_watch.only_a_peer_that_is_there_owes");
  looked_ = now.boot;
  looked_mono_ = now.mono;
  look_at_ = now.boot + std::min(limit_ / kPieces, std::max(limit_ - used_, Duration(1)));
}

void PeerWatch::agreed(const TimeStamp& now) {
  state_ = State::awake;
  stage_ = awake_since_ = now.boot;
  used_ = Duration::zero();
  pretended_ = false;
  look_again(now);
}

void PeerWatch::heard(const TimeStamp& now) {
  if (state_ == State::asleep) come_back(now);
}

// The awake account of one period is one account, however often it is interrupted: a peer that
// says SLEEP every second has not slept.
void PeerWatch::come_back(const TimeStamp& now) {
  TORPOR_ASSERT(state_ == State::asleep, "peer_watch.who_comes_back_was_asleep");
  state_ = State::awake;
  if (now.boot + tolerance_ < until_) {
    used_ = used_before_ + usable(now.boot - slept_.boot, slept_.mono, now.mono);
    pretended_ = true;
  } else if (until_ - stage_ >= period_ / 2) {
    // From the announced end, not from the word: who is late once is not early the next time.
    stage_ = until_;
    awake_since_ = now.boot;
    used_ = Duration::zero();
    pretended_ = false;
  } else {
    used_ = used_before_;
  }
  look_again(now);
}

void PeerWatch::asleep(BootTime until, const TimeStamp& now) {
  TORPOR_ASSERT(state_ != State::gone, "peer_watch.only_a_peer_that_is_there_sleeps");
  heard(now);
  used_before_ = used_ + usable(now.boot - looked_, looked_mono_, now.mono);
  state_ = State::asleep;
  until_ = credible(until, now.boot) ? until : now.boot + period_;
  slept_ = now;
  used_ = until_ - stage_ >= period_ / 2 ? Duration::zero() : used_before_;
  looked_ = until_;
  looked_mono_ = now.mono;
  look_at_ = until_ + limit_ / kPieces;
  TORPOR_ASSERT(look_at_ > now.boot, "peer_watch.what_is_owed_lies_ahead");
}

Duration PeerWatch::look(const TimeStamp& now) {
  if (now.boot < deadline()) return Duration::zero();
  const Duration late = now.boot - look_at_;
  const bool was_away = late > limit_ / kPieces / 2;
  const Duration away = was_away ? now.boot - looked_ : Duration::zero();
  // The piece as it was planned: what the sampler is late by is nobody else's.
  if (!was_away) used_ += usable(look_at_ - looked_, looked_mono_, now.mono);
  look_again(now);
  TORPOR_ASSERT(look_at_ > now.boot, "peer_watch.a_look_is_followed_by_a_later_one");
  return away;
}

std::optional<Offence> PeerWatch::overdue(BootTime now) const {
  if (state_ == State::gone) return std::nullopt;
  // SLEEP ends what is owed, but not for one that goes on saying it instead of sleeping.
  const bool pretends = pretended_ && used_before_ >= limit_;
  if (used_ < limit_ && !pretends) return std::nullopt;
  const bool asleep = state_ == State::asleep && !pretends;
  // An account of several wakes may be longer than the last one.
  const Duration used = pretends ? std::max(used_, used_before_) : used_;
  const Duration after = std::max(used, now - (asleep ? until_ : awake_since_));
  TORPOR_ASSERT(after >= limit_, "peer_watch.nobody_is_overdue_before_the_limit");
  return Offence{
      .cause = asleep ? StopCause::asleep : StopCause::awake, .after = after, .limit = limit_, .window = 0};
}

}  // namespace torpor
