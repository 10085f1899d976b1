// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What the sampler holds its peer to, and what becomes of one that does otherwise.
#include <algorithm>

#include "base/assertion.h"
#include "firmware/sampler.h"

namespace torpor {
namespace {

// So often is a session's request before its time only refused. A detector that was started again
// learns from the first when to come; who goes on asking keeps another contract.
constexpr std::uint32_t kEarlyRequests = 3;

// A detector says two words a period, WINDOW_START and SLEEP, and its HELLO before. More than this
// costs its reader the sleep that the contract is about.
constexpr std::uint32_t kWordsPerPeriod = 16;
constexpr std::uint64_t kBytesPerPeriod = Peer::kReadPerWake;

}  // namespace

// One who returns is waited for as if its link had been lost. One who ends for a reason of its own
// will not be there again until a person acts, and without it there is nothing to do.
void SamplerRole::say_farewell(const Goodbye& theirs, BootTime now) {
  if (theirs.farewell.value == Farewell::returns) {
    peer_.hang_up(now);
    return;
  }
  peer_finished_ = true;
  if (theirs.reason.empty()) return;
  Error error{.reason = Reason::peer_refused};
  error.where << "peer: GOODBYE";
  error.found << theirs.reason;
  error.expected << "a detector that goes on";
  failure_ = error;
}

// The window under way is not touched: who asks too early takes nothing from anybody.
void SamplerRole::refuse_early(const WindowStart& request, const TimeStamp& now) {
  TORPOR_ASSERT(gate_.earliest() > now.boot, "sampler.a_refusal_names_a_time_to_come");
  ++counts_.windows_refused;
  ++early_;
  const Duration since = gate_.since_slot(now.boot);
  Error error{.reason = Reason::window_too_early};
  error.where << "peer: WINDOW_START " << request.window_id;
  error.found << since.count() / 1'000'000 << " ms after the slot of the window before";
  error.expected << "at least " << gate_.spacing().count() / 1'000'000 << " ms";
  if (listener_ != nullptr) listener_->request_refused(error, early_);
  // Best effort: a detector that hears nothing gives this window up at its own deadline.
  static_cast<void>(peer_.send(WindowRefused{request.window_id, gate_.earliest()}, now.boot));
  if (early_ >= kEarlyRequests)
    stop_peer({.cause = StopCause::early, .after = since, .limit = gate_.spacing()}, now);
}

void SamplerRole::judge_peer(const TimeStamp& now) {
  if (!peer_.agreed()) return;
  if (floods(now.boot)) {
    stop_peer({.cause = StopCause::flood, .after = now.boot - words_since_, .limit = contract_.period()},
              now);
    return;
  }
  if (stopper_ == nullptr) return;
  if (const auto overdue = watch_.overdue(now.boot)) {
    TORPOR_ASSERT(overdue->after >= overdue->limit, "sampler.who_is_stopped_had_the_whole_limit");
    stop_peer(*overdue, now);
  }
}

// Counted a period at a time, and anew in each session: a detector that is started again and again
// is not one that floods.
bool SamplerRole::floods(BootTime now) {
  if (now - words_since_ >= contract_.period()) {
    words_ = 0;
    bytes_before_ = peer_.counts().bytes;
    words_since_ = now;
  }
  TORPOR_ASSERT(peer_.counts().bytes >= bytes_before_, "sampler.bytes_are_only_added");
  return words_ > kWordsPerPeriod || peer_.counts().bytes - bytes_before_ > kBytesPerPeriod;
}

// Stopped or not, the link goes: a peer that cannot be stopped is at least not served. One that
// floods would come again at once, so nobody is heard for a while, well within the time-out.
void SamplerRole::stop_peer(Offence why, const TimeStamp& now) {
  why.window = window_id_;
  const bool stopped = stopper_ != nullptr && stopper_->stop(why).ok();
  if (stopped) {
    stopped_ = Stopped{.after = why.after, .limit = why.limit, .cause = {why.cause}};
    ++counts_.peers_stopped;
  } else if (why.cause == StopCause::flood) {
    const Duration patience = own_.peer_timeout / 2 / 1000 * own_.speed_permille;
    deaf_until_ = now.boot + std::min(contract_.period(), patience);
  }
  peer_.hang_up(now.boot);
  follow_session(now);
}

void SamplerRole::tell_record(const TimeStamp& now) {
  if (record_told_ || !peer_.agreed()) return;
  record_told_ = (!stopped_ || peer_.send(*stopped_, now.boot).ok()) &&
                 (!notice_ || peer_.send(Notice{ReasonName(name(*notice_))}, now.boot).ok());
}

void SamplerRole::keep(const Status& kept) {
  if (!kept) unkept_ = kept.error().reason;
}

// Behind WINDOW_END it waits in the link until the detector's next look.
void SamplerRole::tell_unkept(const TimeStamp& now) {
  if (!unkept_ || !peer_.agreed()) return;
  if (peer_.send(Notice{ReasonName(name(*unkept_))}, now.boot)) unkept_.reset();
}

}  // namespace torpor
