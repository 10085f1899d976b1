// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/detector.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

using std::chrono::milliseconds;

Detector::Detector(const Parts& parts, const Run& run)
    : parts_(parts),
      run_(run),
      contract_(*parts.own.contract),
      watch_(contract_, parts.sensor, run.link_buffer_bytes),
      ledger_({.clock = parts.clock, .meter = parts.meter, .budget = parts.budget}),
      builder_(contract_, {.device = run.device, .boot_id = run.boot_id, .speed = run.speed}) {
  peer_.emplace(parts_.link, parts_.own, Peer::End::dials, now());
}

Step Detector::wake(Wake why) {
  if (why == Wake::stop) {
    end({}, Farewell::returns);
    return next_step();
  }
  switch (state_) {
    case State::greeting:
      greet();
      break;
    case State::joining:
      join();
      break;
    case State::sampling:
      if (now() < deadline_) break;
      ledger_.enter(Phase::drain);
      state_ = State::draining;
      deadline_ = latest_inference();
      drain();
      break;
    case State::draining:
      drain();
      break;
    case State::releasing:
      if (now() >= deadline_) look_at_device(true);
      break;
    case State::asleep:
      if (now() >= deadline_) begin_cycle();
      break;
    case State::ended:
      break;
  }
  return next_step();
}

Step Detector::next_step() const {
  TORPOR_ASSERT((state_ == State::ended) == exit_code_.has_value(), "detector.ends_with_an_exit_code");
  Step step;
  step.exit_code = exit_code_;
  switch (state_) {
    case State::greeting:
      step.wait = peer_->wait();
      break;
    case State::joining:
    case State::draining:
      step.wait = peer_->wait();
      step.wait.until = std::min(step.wait.until, deadline_);
      break;
    case State::sampling:
    case State::releasing:
    case State::asleep:
      // One deadline and no link: nothing else may wake us.
      step.wait.until = deadline_;
      break;
    case State::ended:
      break;
  }
  return step;
}

// Whoever infers later than this breaks the awake limit even when all goes well.
BootTime Detector::latest_inference() const {
  const PowerTerms& power = contract_.terms().power;
  return builder_.report().woke.boot + milliseconds(power.awake_limit_ms) -
         milliseconds(power.infer_deadline_ms) - milliseconds(power.release_deadline_ms);
}

// Reads nothing but the agreement. The schedule starts at this very moment.
void Detector::greet() {
  peer_->step(now());
  if (peer_->failed()) return fail(peer_->error());
  if (!peer_->agreed()) {
    // The sampler's first word may come with its HELLO.
    const Message* first = peer_->receive(now());
    if (peer_->failed()) return fail(peer_->error());
    if (first != nullptr) take(*first);
  }
  if (!peer_->agreed()) return;
  session_ = peer_->session();
  Status kept = storage_.take(parts_.listener.agreed());
  if (!kept) return fail(kept.error());
  if (run_.notice) builder_.notice(LinkRole::detector, name(*run_.notice));
  schedule_.emplace(contract_, now());
  // From here on this process spends: one that dies is charged for the cycle nobody counted.
  kept = storage_.take(ledger_.save(schedule_->slot(0)));
  if (!kept) return fail(kept.error());
  deadline_ = schedule_->slot(0);
  begin_cycle();
}

void Detector::begin_cycle() {
  TORPOR_ASSERT(!lease_, "detector.no_lease_outlives_its_cycle");
  const TimeStamp woke = parts_.clock.now();
  const std::uint64_t cycle = std::max(run_.last_cycle, watch_.last_cycle()) + 1;
  builder_.begin(cycle, schedule_->slot(slot_), woke, cycles_done_ == 0);
  watch_.begin(builder_.report().window);
  window_refused_ = false;
  lease_.emplace(parts_.backend);
  if (!ledger_.begin(woke.boot)) {
    builder_.report().set(Breach::budget);
    if (!hear()) return;  // the sampler may have something to say all the same
    return lose_cycle(VerdictReason::budget_spent);
  }
  state_ = State::joining;
  deadline_ = latest_inference() - contract_.sample();
  join();
}

// A link that was lost is made anew here, never by a timer of its own.
void Detector::join() {
  if (!hear()) return;
  if (peer_->failed()) {
    if (!passing(peer_->error().reason)) return fail(peer_->error());
    // The sampler was away for the site's time-out. It may come back: cycles without it are
    // reported as such, and a robot that reports is not a robot that fell silent.
    peer_.emplace(parts_.link, parts_.own, Peer::End::dials, now());
    session_ = 0;
    peer_->step(now());
  }
  if (peer_->agreed()) {
    session_ = peer_->session();
    return ask_for_window();
  }
  if (now() >= deadline_) lose_cycle(VerdictReason::no_window);
}

void Detector::ask_for_window() {
  const WindowStart wanted{.window_id = builder_.report().window, .samples = watch_.window_samples()};
  const Status sent = peer_->send(wanted, now());
  if (!sent) {
    if (now() >= deadline_) lose_cycle(VerdictReason::no_window);
    return;  // no room, or the link went: join() tries again
  }
  state_ = State::sampling;
  deadline_ = ledger_.enter(Phase::sample) + contract_.sample();
}

// Takes what has come. False when the role has ended.
bool Detector::hear() {
  peer_->step(now());
  while (const Message* message = peer_->receive(now())) {
    switch (message->type) {
      case MessageType::frame:
        watch_.take(message->frame, now());
        break;
      case MessageType::context:
        watch_.take(message->context);
        break;
      case MessageType::window_end:
        if (watch_.take(message->window_end)) return true;  // what follows belongs to the next cycle
        break;
      case MessageType::window_refused:
        if (message->window_refused.window_id == builder_.report().window) window_refused_ = true;
        break;
      case MessageType::goodbye:
        if (!goes_on_after(message->goodbye)) return false;
        break;
      default:
        take(*message);
        break;
    }
  }
  return true;
}

// What the sampler has to say for the record.
void Detector::take(const Message& message) {
  if (message.type == MessageType::slept) builder_.slept(message.slept);
  if (message.type == MessageType::stopped) builder_.stopped(message.stopped);
  if (message.type != MessageType::notice) return;
  const std::string_view what = message.notice.reason.view();
  Reason reason{};
  if (find_reason(what, reason) && is_storage_failure(reason)) {
    builder_.sampler_unkept(reason);
  } else {
    builder_.notice(LinkRole::sampler, what);
  }
}

// A sampler that returns is as good as a lost link. One whose source is used up ends us as well,
// and one that ends for a reason of its own leaves nothing to wait for until a person acts.
bool Detector::goes_on_after(const Goodbye& theirs) {
  if (theirs.farewell.value == Farewell::returns) {
    peer_->hang_up(now());
    return true;
  }
  peer_finished_ = true;
  if (theirs.reason.empty()) {
    end({}, Farewell::ends);
  } else {
    fail(Error{.reason = Reason::peer_refused}
             .at("peer: GOODBYE")
             .saw(theirs.reason)
             .want("a sampler that goes on"));
  }
  return false;
}

void Detector::drain() {
  if (!hear()) return;
  if (window_refused_) return lose_cycle(VerdictReason::window_refused);
  // A window dies with the agreement it was asked under: nothing is waited for, awake, that
  // cannot come.
  const bool lost = !peer_->agreed() || peer_->session() != session_;
  if (lost && !watch_.has_window() && peer_->failed() && !passing(peer_->error().reason)) {
    return fail(peer_->error());
  }
  if (!watch_.has_window() && !lost && now() < deadline_) return;
  const BootTime drained = ledger_.enter(Phase::infer);
  // Interrupted: the stop is next in line, and the cycle it falls into leaves no report.
  if (!watch_.judge(drained, builder_)) return end({}, Farewell::returns);
  if (builder_.report().inferred) ledger_.hold(true);
  release();
}

// No window can be had in this slot, or none may be asked for.
void Detector::lose_cycle(VerdictReason why) {
  watch_.lose(why, builder_.report());
  release();
}

void Detector::release() {
  TORPOR_ASSERT(lease_.has_value(), "detector.a_cycle_holds_a_lease_until_its_release");
  release_by_ = ledger_.enter(Phase::release) + milliseconds(contract_.terms().power.release_deadline_ms);
  const Status released = lease_->close();
  lease_.reset();
  CycleReport& report = builder_.report();
  if (!released && released.error().reason != Reason::worker_interrupted) {
    report.set(Breach::residency);
    builder_.backend_failed(released.error());
  }
  if (report.inferred && !watch_.fell_back()) {
    const BackendTimes times = parts_.backend.times();
    report.worker = {times.init, times.load, times.infer, times.teardown};
  }
  look_at_device(false);
}

// Asks the device, not the code that claims to have given it back.
void Detector::look_at_device(bool last_look) {
  FixedString<64> note;
  const ResidencyState state = parts_.residency.check(note);
  builder_.released(state, note, parts_.meter.rail_mw());
  const bool held = state == ResidencyState::resident;
  const bool hot = builder_.hot();
  ledger_.hold(held);
  if ((held || hot) && !last_look) {
    state_ = State::releasing;
    deadline_ = release_by_;
    return;
  }
  if (held) builder_.report().set(Breach::residency);
  if (hot) builder_.report().set(Breach::idle);
  close_cycle();
}

void Detector::close_cycle() {
  ledger_.close();
  watch_.count(builder_.report());
  builder_.finish(watch_.sensor(), ledger_);
  if (const Status kept = keep_cycle(); !kept) return fail(kept.error());
  run_.last_cycle = builder_.report().cycle;
  ++cycles_done_;
  parts_.listener.about_to_sleep();
  // What the sampler said after its window is heard before anything is written to a line
  // it may have closed: a goodbye must not turn into a lost link.
  if (!hear()) return;
  if (run_.cycle_limit != 0 && cycles_done_ >= run_.cycle_limit) return end({}, Farewell::ends);
  fall_asleep();
}

// Everything that a cycle leaves, durable. The record is the truth of it, and carries the
// evidence. Before it what it speaks of and cannot carry, a baseline that was armed above all;
// after it what is only its copy.
Status Detector::keep_cycle() {
  TORPOR_CHECK(storage_.take(watch_.save_learned()));
  TORPOR_CHECK(storage_.take(ledger_.save(schedule_->slot(schedule_->after(slot_, now()).slot))));
  watch_.put_evidence(builder_.report());
  builder_.stored(storage_);
  const Status record = parts_.listener.reported(builder_.report());
  TORPOR_CHECK(storage_.take(record));
  TORPOR_CHECK(storage_.take(parts_.listener.finished(record.ok())));
  TORPOR_CHECK(storage_.take(watch_.save_evidence()));
  storage_.next_cycle(record.ok());
  return {};
}

void Detector::fall_asleep() {
  const Schedule::Next next = schedule_->after(slot_, now());
  TORPOR_ASSERT(next.slot > slot_, "detector.a_slot_is_used_once");
  slot_ = next.slot;
  builder_.skipped(next.skipped);
  state_ = State::asleep;
  deadline_ = schedule_->slot(slot_);
  // Best effort: a sampler that is gone needs no word, and one that is full will be silent.
  if (peer_->agreed()) (void)peer_->send(SleepUntil{.until = deadline_}, now());
  ledger_.sleep();
}

// Whatever goes wrong here, the device is given back and what was learned is kept; the first
// error is the one that is told.
void Detector::end(std::optional<Error> why, Farewell farewell) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  ledger_.break_off();
  const auto also = [&why](const Status& status) {
    if (!status && !why) why = status.error();
  };
  const auto keep = [&](const Status& written) { also(storage_.take(written)); };
  if (schedule_) {
    // Asleep there is no lease; a device that the last look found held is asked once more.
    if (builder_.report().residency == ResidencyState::resident && !lease_) lease_.emplace(parts_.backend);
    if (lease_) also(lease_->close());
    lease_.reset();
    keep(watch_.save_learned(true));
    keep(watch_.save_evidence());
    keep(ledger_.save(EnergyBudget::kNoCycle));
  }
  if (peer_->agreed() && !peer_finished_) {
    // Best effort: without it the peer finds the link lost and waits for the next.
    (void)peer_->send(
        Goodbye{.reason = why ? ReasonName(name(why->reason)) : ReasonName(), .farewell = {farewell}}, now());
  }
  peer_->close();
  failure_ = why;
  exit_code_ = why ? exit_code(why->reason) : 0;
}

// What is started again afterwards says so.
void Detector::fail(const Error& why) { end(why, passing(why.reason) ? Farewell::returns : Farewell::ends); }

}  // namespace torpor
