// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/trace.h"

// What a reader of a page wants to know first: in what state the robot is, since when,
// and what happened, in the order it happened. Pure.
namespace torpor {

// A point of a story.
struct Moment {
  std::uint64_t cycle = 0;
  WallTime wall{};
  bool synchronised = false;
};

enum class EventClass : std::uint8_t { good, note, warning, serious };

// Something that happened, or went on happening in cycles that follow each other.
struct StoryEvent {
  EventClass level = EventClass::note;
  std::string what;    // "alarm", "interval breach", "restart": equal names can merge
  std::string detail;  // numbers, found against allowed; of the first of the run
  Moment first;
  Moment last;
  std::uint64_t count = 1;
};

struct Story {
  CycleReport last;  // who, which and the newest state
  Moment first_moment;
  Moment last_moment;
  Moment state_since;       // first cycle of the newest run of equal verdicts
  Moment alarm_since;       // the crossing of the newest alarm; cycle 0: none
  std::string explanation;  // of the newest alarm or watch
  std::uint64_t cycles = 0;
  std::uint64_t cycles_in_breach = 0;
  std::array<std::uint64_t, kBreaches> breaches{};
  std::vector<StoryEvent> events;  // oldest first; at most kMaxStoryEvents, the newest
  std::uint64_t events_left_out = 0;
};
inline constexpr std::size_t kMaxStoryEvents = 400;

class StoryTeller {
 public:
  void add(const TraceRow& row);
  const Story& story() const { return story_; }

 private:
  void happen(EventClass level, std::string_view what, std::string detail, const TraceRow& row);
  Story story_;
};

}  // namespace torpor
