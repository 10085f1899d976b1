// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "firmware/sampler.h"

#include <algorithm>
#include <cstdint>

#include "base/assertion.h"
#include "window/window_checks.h"

namespace torpor {
namespace {

// How long a GOODBYE may wait for a peer that does not read, in real time: well below the
// second within which a role that is to stop must have ended.
constexpr Duration kGoodbyeWithin = std::chrono::seconds(1);

// The contract's word against the source's: sensor, axes, and the rate within the tolerance
// that the receiver will judge frames by.
std::optional<Error> source_differs(const SensorFacts& facts, const Contract& contract) {
  Error error{.reason = Reason::source_differs};
  const auto differs = [&](std::string_view what, std::int64_t found, std::int64_t expected) {
    error.where << "source: " << what;
    error.found << found;
    error.expected << expected;
    return error;
  };
  if (facts.sensor >= contract.terms().sensor_count)
    return differs("sensor index", facts.sensor, contract.terms().sensor_count - 1);
  const SensorTerms& terms = contract.terms().sensors()[facts.sensor];
  if (facts.axes != terms.axes) return differs("axes", facts.axes, terms.axes);
  const std::int64_t off = std::int64_t{facts.rate_mhz} - terms.rate_mhz;
  if ((off < 0 ? -off : off) * 100 > std::int64_t{terms.rate_mhz} * kRateTolerancePercent)
    return differs("rate in mHz", facts.rate_mhz, terms.rate_mhz);
  return std::nullopt;
}

// A source that is not the contract's is refused over the link as a bad bundle is: the peer
// hears the reason instead of waiting for windows that cannot come.
OwnSide side_with(const OwnSide& own, const std::optional<Error>& refusal) {
  OwnSide side = own;
  if (refusal) {
    side.contract = nullptr;
    side.refusal = *refusal;
  }
  return side;
}

const Contract& contract_of(const OwnSide& own) {
  TORPOR_ASSERT(own.contract != nullptr, "sampler.without_a_contract_it_is_a_refusing_role");
  TORPOR_ASSERT(own.role == LinkRole::sampler, "sampler.it_speaks_for_the_sampler");
  return *own.contract;
}

// 0 and INT32_MIN are how Context says "not measured" (window/window.h).
bool is_known(const Context& context) {
  return context.rpm_milli != 0 || context.load_permille != 0 || context.temperature_mdeg != INT32_MIN;
}

}  // namespace

SamplerRole::SamplerRole(const Parts& parts)
    : clock_(parts.clock),
      source_(parts.source),
      contract_(contract_of(parts.own)),
      own_(side_with(parts.own, source_differs(source_.describe(), contract_))),
      sensor_(own_.contract == nullptr ? 0 : source_.describe().sensor),
      queue_(contract_, sensor_, parts.memory, parts.link_buffer_bytes),
      peer_(parts.link, own_, Peer::End::listens, clock_.now().boot),
      stopper_(parts.stopper),
      listener_(parts.listener),
      watch_(contract_, own_.speed_permille),
      gate_(contract_, own_.speed_permille),
      notice_(parts.listener == nullptr ? std::nullopt : parts.listener->notice()),
      asked_to_go_on_(clock_.now().boot),
      sleep_(contract_.terms().power.sleep_level == SleepLevel::suspend ? parts.sleep : nullptr) {}

// What holds between any two steps, whatever the peer sent.
void SamplerRole::check_state() const {
  TORPOR_ASSERT(state_ == State::sampling || poll_at_ == BootTime::max(),
                "sampler.only_a_running_window_is_polled");
  TORPOR_ASSERT(state_ != State::ending || end_by_ != BootTime::max(), "sampler.an_end_has_its_deadline");
  TORPOR_ASSERT(!suspend_due_ || (sleep_ != nullptr && sleep_until_), "sampler.only_a_said_sleep_is_slept");
  TORPOR_ASSERT(counts_.windows_sent <= counts_.windows_started, "sampler.only_what_was_started_is_sent");
}

// The order is the contract's: what the peer said first, since a new session voids whatever
// ran under the old one; then the dead-man, who must not wait for a sensor; then the sensor
// before the link, so that what is complete by now leaves in this wake; suspend last, because
// nobody is served in it.
Step SamplerRole::wake(Wake why) {
  const TimeStamp now = clock_.now();
  check_state();
  if (why == Wake::stop) {
    // Best effort: whoever stops us wants the end, not the farewell.
    if (peer_.agreed() && !goodbye_sent_)
      static_cast<void>(peer_.send(Goodbye{.farewell = {Farewell::returns}}, now.boot));
    failure_.reset();
    return done();
  }
  away_ = stopper_ == nullptr ? Duration::zero() : watch_.look(now);
  const bool deaf = now.boot < deaf_until_;
  if (!deaf) listen(now);
  follow_session(now);
  if (peer_finished_) return done();
  if (peer_.failed()) {
    if (state_ != State::ending) failure_ = peer_.error();
    return done();
  }
  judge_peer(now);
  tell_record(now);
  if (asked_ && state_ != State::ending) start_window(*asked_, now);
  asked_.reset();
  collect(now);
  transmit(now);
  tell_unkept(now);
  ask_to_go_on(now);
  if (state_ == State::ending && said_goodbye(now)) return done();
  if (suspend_due_ && state_ == State::idle) suspend();
  check_state();

  Step step{.wait = peer_.wait(), .exit_code = std::nullopt};
  if (now.boot < deaf_until_) step.wait = {.until = deaf_until_};
  if (state_ == State::sampling) step.wait.until = std::min(step.wait.until, poll_at_);
  if (state_ == State::ending) step.wait.until = std::min(step.wait.until, end_by_);
  if (stopper_ != nullptr) step.wait.until = std::min(step.wait.until, watch_.deadline());
  return step;
}

// All that has come, of which the newest request counts: what piled up while this role did not run
// was asked for in its own time, and is no longer waited for.
void SamplerRole::listen(const TimeStamp& now) {
  const std::uint64_t before = peer_.reader().messages();
  peer_.step(now.boot);
  while (const Message* message = peer_.receive(now.boot)) {
    follow_session(now);
    handle(*message, now);
  }
  if (peer_.reader().messages() != before) ++words_;
}

// A window belongs to the agreement it was asked under: with another, or none, it is void. All of a
// wake happens at its one moment: a later one taken here would be ahead of the words that follow.
void SamplerRole::follow_session(const TimeStamp& now) {
  if (peer_.agreed() && peer_.session() == session_) return;
  session_ = peer_.session();
  give_up_window();
  asked_.reset();
  suspend_due_ = false;
  record_told_ = false;
  unkept_.reset();
  early_ = words_ = 0;
  bytes_before_ = peer_.counts().bytes;
  words_since_ = now.boot;
  TORPOR_ASSERT(state_ == State::idle || state_ == State::ending, "sampler.no_window_outlives_its_agreement");
  if (peer_.agreed()) {
    watch_.agreed(now);
    if (listener_ != nullptr) keep(listener_->agreed());
  } else {
    watch_.gone();
  }
}

void SamplerRole::handle(const Message& message, const TimeStamp& now) {
  // Whatever it is, who speaks is awake.
  if (message.type != MessageType::sleep) watch_.heard(now);
  switch (message.type) {
    case MessageType::window_start:
      asked_ = message.window_start;
      break;
    case MessageType::sleep:
      asked_.reset();  // it waits for it no more
      sleep_until_ = message.sleep.until;
      watch_.asleep(message.sleep.until, now);
      stopped_.reset();  // a whole cycle is over, and its report has both
      notice_.reset();
      suspend_due_ = sleep_ != nullptr;
      break;
    case MessageType::goodbye:
      say_farewell(message.goodbye, now.boot);
      break;
    default:
      break;  // what a sampler sends itself; nothing to do with it
  }
}

// The reasons not to suspend come before the attempt, the cheapest first; each is told, so
// that the detector's record says why the machine stayed awake.
void SamplerRole::suspend() {
  TORPOR_ASSERT(sleep_ != nullptr && sleep_until_, "sampler.a_suspend_has_a_time_to_wake");
  TORPOR_ASSERT(state_ == State::idle, "sampler.no_suspend_in_a_window");
  suspend_due_ = false;
  const PowerTerms& power = contract_.terms().power;
  Slept slept{.level = SleepLevel::block};
  std::optional<Error> trouble;
  if (suspend_given_up(power, counts_.failed_suspends)) {
    trouble = Error{.reason = Reason::suspend_given_up};
  } else if (const BootTime from = clock_.now().boot; !watch_.credible(*sleep_until_, from)) {
    trouble = Error{.reason = Reason::suspend_not_credible};
  } else {
    const SuspendOutcome outcome = sleep_->suspend_until(*sleep_until_);
    TORPOR_ASSERT(outcome.slept >= Duration::zero(), "sampler.a_suspend_takes_no_time_back");
    slept.slept = outcome.slept;
    trouble = outcome.trouble;
    if (!trouble) {
      slept.level = SleepLevel::suspend;
      ++counts_.suspends;
    } else if (trouble->reason != Reason::suspend_too_short) {
      ++counts_.failed_suspends;
      if (suspend_given_up(power, counts_.failed_suspends)) sleep_->given_up(*trouble);
    }
  }
  slept.failed_suspends = counts_.failed_suspends;
  if (trouble) slept.reason = ReasonName(name(trouble->reason));
  // Best effort: a detector that is gone needs no word.
  static_cast<void>(peer_.send(slept, clock_.now().boot));
}

std::optional<Error> SamplerRole::refused(const WindowStart& request) const {
  const std::uint64_t samples = window_samples(contract_.terms().duty, contract_.terms().sensors()[sensor_]);
  if (request.samples == samples) return std::nullopt;
  Error error{.reason = Reason::window_request_refused};
  error.where << "peer: WINDOW_START " << request.window_id;
  error.found << request.samples << " samples";
  error.expected << samples;
  return error;
}

// Stop, drain, start, in this order: what an earlier window left in the source or the queue
// can then not reach the new one. The queue's epoch comes last, when the source has said yes.
void SamplerRole::start_window(const WindowStart& request, const TimeStamp& now) {
  TORPOR_ASSERT(state_ != State::ending, "sampler.no_window_starts_at_the_end");
  suspend_due_ = false;
  if (const auto error = refused(request)) {
    end(error, now);
    return;
  }
  if (!gate_.admits(now.boot)) {
    refuse_early(request, now);
    return;
  }
  give_up_window();
  if (source_.ended()) {
    end(std::nullopt, now);
    return;
  }
  if (auto started = source_.start(request.window_id, request.samples, now); !started) {
    end(started.error(), now);
    return;
  }
  gate_.given(now.boot, away_);
  queue_.begin(request.window_id);
  window_id_ = request.window_id;
  window_frames_ = 0;
  drops_before_ = queue_.dropped();
  context_sent_ = false;
  poll_at_ = now.boot;
  state_ = State::sampling;
  ++counts_.windows_started;
}

void SamplerRole::collect(const TimeStamp& now) {
  while (state_ == State::sampling && poll_at_ <= now.boot) {
    auto polled = source_.poll(now);
    if (!polled) {
      end(polled.error(), now);
      return;
    }
    if (polled->frame) {
      ++window_frames_;
      if (auto pushed = queue_.push(*polled->frame, now.boot); !pushed) {
        end(pushed.error(), now);
        return;
      }
    }
    if (polled->next == BootTime::max()) state_ = State::sending;
    // A source that asks to be polled at once for ever would hold the processor, and one
    // that never ends would fill a whole period with frames: a driver's bug ends the role
    // with a reason, where a loop would keep the machine awake.
    const bool stuck = !polled->frame && polled->next <= now.boot;
    if (stuck || window_frames_ > kMaxWindowFrames) {
      end(Error{.reason = Reason::internal, .where = "source", .found = "a poll that never ends"}, now);
      return;
    }
    poll_at_ = polled->next;
  }
}

void SamplerRole::transmit(const TimeStamp& now) {
  if (state_ != State::sampling && state_ != State::sending) return;
  while (peer_.has_room()) {
    const auto frame = queue_.pop(outgoing_, now.boot);
    if (!frame) break;
    TORPOR_ASSERT(frame->window_id == window_id_, "sampler.only_frames_of_the_window_asked_for_are_sent");
    if (!peer_.send(*frame, now.boot)) return;  // the link is lost; the next wake gives the window up
    ++counts_.frames_sent;
  }
  if (state_ == State::sending && queue_.held_frames() == 0 && close_window(now)) {
    state_ = State::idle;
    queue_.end();
    ++counts_.windows_sent;
    ask_due_ = true;
    if (listener_ != nullptr) keep(listener_->window_sent());
    if (source_.ended()) end(std::nullopt, now);
  }
}

// Behind a window, not in front of it: the peer hears of the end when its cycle is over and its
// record is written. Only under an agreement, where somebody can be told.
void SamplerRole::ask_to_go_on(const TimeStamp& now) {
  if (listener_ == nullptr || state_ != State::idle || !peer_.agreed()) return;
  if (!ask_due_ && now.boot - asked_to_go_on_ < contract_.period()) return;
  ask_due_ = false;
  asked_to_go_on_ = now.boot;
  if (const Status may = listener_->may_go_on(); !may) end(may.error(), now);
}

// True when the window's last words are with the link; false: no room, try again.
// CONTEXT goes before WINDOW_END, because the receiver judges the window at its end.
bool SamplerRole::close_window(const TimeStamp& now) {
  TORPOR_ASSERT(queue_.held_frames() == 0, "sampler.a_window_ends_behind_its_last_frame");
  TORPOR_ASSERT(queue_.dropped() >= drops_before_, "sampler.drops_are_never_taken_back");
  if (!context_sent_) {
    const Context context = source_.context();
    if (is_known(context) && !peer_.send(ContextUpdate{window_id_, context}, now.boot)) return false;
    context_sent_ = true;
  }
  const auto dropped = static_cast<std::uint32_t>(queue_.dropped() - drops_before_);
  return peer_.send(WindowEnd{window_id_, window_frames_, dropped}, now.boot).ok();
}

void SamplerRole::give_up_window() {
  if (state_ != State::sampling && state_ != State::sending) return;
  source_.stop();
  queue_.end();
  poll_at_ = BootTime::max();
  state_ = State::idle;
}

void SamplerRole::end(const std::optional<Error>& why, const TimeStamp& now) {
  TORPOR_ASSERT(state_ != State::ending, "sampler.it_ends_for_one_reason");
  give_up_window();
  failure_ = why;
  state_ = State::ending;
  end_by_ = now.boot + kGoodbyeWithin / 1000 * own_.speed_permille;
}

bool SamplerRole::said_goodbye(const TimeStamp& now) {
  TORPOR_ASSERT(state_ == State::ending, "sampler.goodbye_is_the_last_word");
  if (!peer_.agreed() || now.boot >= end_by_) return true;
  if (!goodbye_sent_) {
    Goodbye goodbye;
    if (failure_) {
      goodbye.reason = ReasonName(name(failure_->reason));
      if (passing(failure_->reason)) goodbye.farewell.value = Farewell::returns;
    }
    goodbye_sent_ = peer_.send(goodbye, now.boot).ok();
  }
  return goodbye_sent_ && peer_.flushed();
}

// The sensor rests before the link closes: the last thing this role does costs no power after it.
Step SamplerRole::done() {
  source_.stop();
  peer_.close();
  return Step{.wait = {}, .exit_code = failure_ ? exit_code(failure_->reason) : 0};
}

}  // namespace torpor
