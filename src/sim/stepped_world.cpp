// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sim/stepped_world.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {
namespace {

// More wakes than this without time passing is a livelock: a window of the largest
// contract is some thousand frames, each waking a role at most twice.
constexpr std::uint64_t kMaxWakesAtOneInstant = 100'000;

}  // namespace

std::size_t SteppedWorld::add(Role& role, LinkEvents link) {
  actors_.push_back({.role = &role, .link = std::move(link)});
  return actors_.size() - 1;
}

void SteppedWorld::at(BootTime when, std::function<void()> event) {
  const auto after = std::upper_bound(events_.begin(), events_.end(), when,
                                      [](BootTime t, const Event& e) { return t < e.when; });
  events_.insert(after, {when, std::move(event)});
}

void SteppedWorld::replace(std::size_t index, Role& role) {
  TORPOR_ASSERT(index < actors_.size(), "sim.who_is_replaced_was_added");
  actors_[index] = {.role = &role, .link = std::move(actors_[index].link), .wakes = actors_[index].wakes};
}

void SteppedWorld::stop(std::size_t role) { actors_[role].stop_wanted = true; }

std::optional<Wake> SteppedWorld::due(const Actor& actor) const {
  if (actor.step.exit_code || actor.frozen) return {};
  if (!actor.started) return Wake::start;
  if (actor.stop_wanted) return Wake::stop;
  const Wait& wait = actor.step.wait;
  if ((wait.link_in && actor.link.readable()) || (wait.link_out && actor.link.writable())) return Wake::link;
  if (wait.until <= clock_.now().boot) return Wake::deadline;
  return {};
}

bool SteppedWorld::run_events() {
  bool ran = false;
  while (!events_.empty() && events_.front().when <= clock_.now().boot) {
    // Taken out first: an event may add another.
    const auto call = std::move(events_.front().call);
    events_.erase(events_.begin());
    call();
    ran = true;
  }
  return ran;
}

bool SteppedWorld::all_ended() const {
  return std::all_of(actors_.begin(), actors_.end(),
                     [](const Actor& a) { return a.step.exit_code.has_value(); });
}

void SteppedWorld::run_until(BootTime until) {
  while (!all_ended()) {
    std::uint64_t wakes = 0;
    // Events before roles, and both again until nobody has anything to do: what an event
    // changes at this instant is seen by every role at this instant.
    for (bool busy = true; busy;) {
      busy = run_events();
      for (Actor& actor : actors_) {
        const auto why = due(actor);
        if (!why) continue;
        actor.started = true;
        if (*why == Wake::stop) actor.stop_wanted = false;
        actor.step = actor.role->wake(*why);
        ++actor.wakes;
        busy = true;
        ++wakes;
        TORPOR_ASSERT(wakes <= kMaxWakesAtOneInstant, "sim.roles_let_time_pass");
      }
    }
    BootTime next = until;
    for (const Actor& actor : actors_) {
      if (!actor.step.exit_code && !actor.frozen) next = std::min(next, actor.step.wait.until);
    }
    if (!events_.empty()) next = std::min(next, events_.front().when);
    if (clock_.now().boot >= until) return;
    clock_.advance_to(std::max(next, clock_.now().boot));
  }
}

}  // namespace torpor
