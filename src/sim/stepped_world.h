// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/fake/fake_clock.h"
#include "base/role.h"

namespace torpor {

// Runs real roles on one stepped clock: nothing waits, nothing races, every run gives the
// same bytes. Time stands still while anybody has something to do and then jumps to the
// next deadline or event. A seam may advance the clock itself to stand for work that takes
// time (an inference, a hung device); never past another role's deadline by accident: that
// role is then simply late, as in the world.
class SteppedWorld {
 public:
  explicit SteppedWorld(FakeClock& clock) : clock_(clock) {}

  // What the host's poll() would say of the role's link.
  struct LinkEvents {
    std::function<bool()> readable;
    std::function<bool()> writable;
  };
  // Adds a role and wakes it for the first time when the world next runs. Returns its
  // index. The role outlives the world.
  std::size_t add(Role& role, LinkEvents link);

  // Calls `event` when the clock reaches `when` (or is past it), before any role runs then.
  void at(BootTime when, std::function<void()> event);

  // From now on nothing wakes this role: a process that hangs, or that is no more.
  void freeze(std::size_t role) { actors_[role].frozen = true; }
  // Another process in its place, woken for the first time when the world next runs.
  void replace(std::size_t index, Role& role);

  // Delivers Wake::stop to a role the next time the world runs.
  void stop(std::size_t role);

  // Until the clock reads `until` or every role has ended. Ends the program when roles keep waking each
  // other at one instant: that is the livelock a real processor would burn power in.
  void run_until(BootTime until);

  std::optional<int> exit_code(std::size_t role) const { return actors_[role].step.exit_code; }
  std::uint64_t wakes(std::size_t role) const { return actors_[role].wakes; }

 private:
  struct Actor {
    Role* role;
    LinkEvents link;
    Step step{};
    bool started = false;
    bool stop_wanted = false;
    bool frozen = false;
    std::uint64_t wakes = 0;
  };
  struct Event {
    BootTime when;
    std::function<void()> call;
  };
  std::optional<Wake> due(const Actor& actor) const;
  bool run_events();
  bool all_ended() const;

  FakeClock& clock_;
  std::vector<Actor> actors_;
  std::vector<Event> events_;  // ascending by time, in order of adding
};

}  // namespace torpor
