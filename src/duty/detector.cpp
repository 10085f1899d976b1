// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/detector.h"

#include <algorithm>
#include <utility>

#include "duty/report_parts.h"
#include "duty/sampler_notes.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kSensor = 0;  // torpord refuses contracts with more (mains/torpord.cpp)

}  // namespace

Detector::Detector(const Parts& parts, const Identity& identity)
    : parts_(parts),
      identity_(identity),
      contract_(*parts.own.contract),
      queue_(contract_, kSensor, parts.memory, parts.link_buffer_bytes),
      assembler_(contract_, kSensor, queue_) {
  peer_.emplace(parts_.link, parts_.own, Peer::End::dials, now());
}

Step Detector::wake(Wake why) {
  if (why == Wake::stop) {
    stop();
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
      if (now() >= deadline_) {
        lap(Phase::sample, now());
        state_ = State::draining;
        const PowerTerms& power = contract_.terms().power;
        deadline_ = report_.woke.boot + milliseconds(power.awake_limit_ms) -
                    milliseconds(power.infer_deadline_ms) - milliseconds(power.release_deadline_ms);
        drain();
      }
      break;
    case State::draining:
      drain();
      break;
    case State::releasing:
      if (now() >= deadline_) check_residency(true);
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
      step.wait.until = deadline_;
      break;
    case State::ended:
      break;
  }
  return step;
}

// Reads nothing but the agreement. The schedule starts at this very moment.
void Detector::greet() {
  peer_->step(now());
  if (peer_->failed()) return end(peer_->error());
  if (!peer_->agreed()) {
    // The sampler's first word may come with its HELLO.
    const Message* first = peer_->receive(now());
    if (peer_->failed()) return end(peer_->error());
    if (first != nullptr && first->type == MessageType::stopped) stopped_after_ = first->stopped.after;
  }
  if (!peer_->agreed()) return;
  session_ = peer_->session();
  if (const Status told = parts_.listener.agreed(); !told) return end(told.error());
  if (const Status saved = parts_.budget.save(false); !saved) return end(saved.error());
  schedule_.emplace(contract_, now());
  use_before_ = parts_.clock.process_use();
  switches_at_sleep_ = use_before_.voluntary_switches;
  deadline_ = schedule_->slot(0);
  begin_cycle();
}

void Detector::begin_cycle() {
  const TimeStamp woke = parts_.clock.now();
  const std::uint32_t skipped = report_.slots_skipped;
  report_ = CycleReport{};
  report_.slots_skipped = skipped;
  report_.cycle = std::max(identity_.last_cycle, parts_.appraiser.last_cycle()) + 1;
  if (parts_.fallback != nullptr) {
    report_.cycle = std::max(report_.cycle, parts_.fallback->last_cycle() + 1);
  }
  report_.backend = parts_.appraiser.backend_name();
  report_.window = report_.cycle;
  report_.slot = schedule_->slot(slot_);
  report_.woke = woke;
  report_.slept_from = slept_from_;
  if (slept_from_ != BootTime{}) {
    expect_sleep_note(contract_.terms().power, report_);
    report_.interval = woke.boot - woke_before_;
    report_.voluntary_switches_asleep =
        static_cast<std::uint32_t>(parts_.clock.process_use().voluntary_switches - switches_at_sleep_);
    book(Phase::report, slept_from_ - report_from_, reporting_cost_);
    book(Phase::sleep, woke.boot - slept_from_, measure(Phase::sleep, woke.boot - slept_from_));
  } else {
    measure(Phase::wake, Duration::zero());  // the border the first span begins at
  }
  EnergyBudget& bucket = parts_.budget.bucket();
  charged_mj_ = total(report_.energy_mj);
  bucket.charge(charged_mj_);
  bucket.refill(woke.boot);  // after the charge: both flowed through the same sleep
  unmeasured_before_ = report_.unmeasured;
  lap_from_ = woke.boot;
  window_came_ = false;
  fell_back_ = false;
  sampler_dropped_ = 0;
  queue_.begin(report_.window);
  queue_.take_peak_bytes();
  cycle_open_ = true;
  if (!bucket.pays_for_a_cycle()) {
    report_.set(Breach::budget);
    if (!read_link()) return;  // the sampler may have something to say all the same
    return lose_cycle(VerdictReason::budget_spent);
  }
  bucket.reserve();

  const PowerTerms& power = contract_.terms().power;
  state_ = State::joining;
  deadline_ = woke.boot + milliseconds(power.awake_limit_ms) - milliseconds(power.infer_deadline_ms) -
              milliseconds(power.release_deadline_ms) - contract_.sample();
  join();
}

// A link that was lost is made anew here, never by a timer of its own.
void Detector::join() {
  if (!read_link()) return;
  if (peer_->failed()) {
    if (peer_->error().reason != Reason::peer_absent) return end(peer_->error());
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
  const auto samples = static_cast<std::uint32_t>(
      window_samples(contract_.terms().duty, contract_.terms().sensors()[kSensor]));
  const Status sent = peer_->send(WindowStart{.window_id = report_.window, .samples = samples}, now());
  if (!sent) {
    if (now() >= deadline_) lose_cycle(VerdictReason::no_window);
    return;  // no room, or the link went: join() tries again
  }
  lap(Phase::wake, now());
  state_ = State::sampling;
  deadline_ = lap_from_ + contract_.sample();
}

// Takes what has come. False when the role has ended.
bool Detector::read_link() {
  peer_->step(now());
  while (const Message* message = peer_->receive(now())) {
    switch (message->type) {
      case MessageType::frame:
        ++report_.frames;
        // A frame that contradicts the contract is counted by the queue; the window then
        // lacks it and is not scored.
        (void)queue_.push(message->frame, now());
        break;
      case MessageType::context:
        assembler_.set_context(message->context.window_id, message->context.context);
        break;
      case MessageType::window_end:
        if (message->window_end.window_id != report_.window) break;
        sampler_dropped_ = message->window_end.dropped;
        window_came_ = true;
        return true;  // what follows belongs to the next cycle
      case MessageType::slept:
        note_sleep(message->slept, contract_.terms().power, report_);
        break;
      case MessageType::stopped:
        stopped_after_ = message->stopped.after;
        break;
      case MessageType::goodbye:
        peer_finished_ = true;
        end({});
        return false;
      default:
        break;
    }
  }
  return true;
}

void Detector::drain() {
  if (!read_link()) return;
  const bool lost = peer_->failed() || peer_->session() != session_;
  if (lost && !window_came_ && peer_->failed() && peer_->error().reason != Reason::peer_absent) {
    return end(peer_->error());
  }
  if (!window_came_ && !lost && now() < deadline_) return;
  lap(Phase::drain, now());
  finish_window();
}

void Detector::check_residency(bool last_look) {
  FixedString<64> note;
  report_.residency = parts_.residency.check(note);
  if (!note.empty()) report_.residency_note = note;
  const auto rail = parts_.meter.rail_mw();
  report_.idle_rail_mw = rail ? *rail : -1;
  held_ = report_.residency == ResidencyState::resident;
  const bool hot = rail && *rail > std::int64_t{contract_.terms().power.idle_mw};
  if ((held_ || hot) && !last_look) {
    state_ = State::releasing;
    deadline_ = release_by_;
    return;
  }
  if (held_) report_.set(Breach::residency);
  if (hot) report_.set(Breach::idle);
  lap(Phase::release, now());
  close_cycle();
}

// No window can be had in this slot, or none may be asked for.
void Detector::lose_cycle(VerdictReason why) {
  lap(Phase::wake, now());
  queue_.end();
  report_.verdict = parts_.appraiser.missed(report_.cycle, why).verdict;
  report_.quality = WindowQuality::incomplete;
  release();
}

void Detector::close_cycle() {
  report_from_ = now();
  report_.device = identity_.device;
  report_.boot_id = identity_.boot_id;
  report_.sensor = contract_.terms().sensors()[kSensor].id;
  report_.contract = facts_of(contract_);
  report_.model = contract_.terms().model.digest;
  report_.speed = identity_.speed;
  note_stop(std::exchange(stopped_after_, Duration::zero()), report_);
  fill_costs(report_from_);

  if (const Status saved = parts_.budget.save(false); !saved) return end(saved.error());
  if (const Status told = parts_.listener.reported(report_); !told) return end(told.error());
  if (const Status saved = parts_.appraiser.save(); !saved) return end(saved.error());
  if (fell_back_) {
    if (const Status saved = parts_.fallback->save(); !saved) return end(saved.error());
  }
  identity_.last_cycle = report_.cycle;
  ++cycles_done_;
  parts_.listener.settled();
  // What the sampler said after its window is heard before anything is written to a line
  // it may have closed: a goodbye must not turn into a lost link.
  if (!read_link()) return;
  if (identity_.cycle_limit != 0 && cycles_done_ >= identity_.cycle_limit) return stop();

  const Schedule::Next next = schedule_->after(slot_, now());
  slot_ = next.slot;
  report_.slots_skipped = next.skipped;
  fall_asleep(now());
}

void Detector::fall_asleep(BootTime from) {
  state_ = State::asleep;
  deadline_ = schedule_->slot(slot_);
  // Best effort: a sampler that is gone needs no word, and one that is full will be silent.
  if (peer_->agreed()) (void)peer_->send(SleepUntil{.until = deadline_}, from);
  woke_before_ = report_.woke.boot;
  slept_from_ = from;
  reporting_cost_ = measure(Phase::report, from - report_from_);
  switches_at_sleep_ = parts_.clock.process_use().voluntary_switches;
}

void Detector::stop() {
  if (state_ == State::ended) return;
  end({});
}

void Detector::end(std::optional<Error> why) {
  if (state_ == State::ended) return;
  charge_what_was_broken_off();
  state_ = State::ended;
  if (schedule_) {
    // Whatever else went wrong, the device is given back and what was learned is kept.
    const Status released = parts_.backend.release();
    if (!released && !why) why = released.error();
    const Status saved = parts_.appraiser.save(true);
    if (!saved && !why) why = saved.error();
    const Status settled = parts_.budget.save(true);
    if (!settled && !why) why = settled.error();
  }
  if (peer_->agreed() && !peer_finished_) {
    (void)peer_->send(Goodbye{.reason = why ? ReasonName(name(why->reason)) : ReasonName()}, now());
  }
  peer_->close();
  failure_ = why;
  exit_code_ = why ? torpor::exit_code(why->reason) : 0;
}

}  // namespace torpor
