// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "view/trace.h"

// What a reader of a page wants to know first: in what state the robot is, since when,
// and what happened, in the order it happened. Pure.
namespace torpor {

struct Moment {
  std::uint64_t cycle = 0;
  WallTime wall{};
  bool dated = false;  // wall is known and was synchronised
};

enum class EventLevel : std::uint8_t { good, note, warning, serious };
std::string_view name(EventLevel level);

// Something that happened, or went on happening in cycles that follow each other.
struct StoryEvent {
  EventLevel level = EventLevel::note;
  std::string what;    // "alarm raised", "contract broken: interval": equal names merge
  std::string detail;  // numbers, found against allowed; of the first of the run
  Moment first;
  Moment last;
  std::uint64_t count = 1;
};
inline constexpr std::size_t kMaxStoryEvents = 300;

struct Story {
  CycleReport last;                             // who, which and the newest numbers
  VerdictKind state = VerdictKind::not_scored;  // of the last cycle; alarm while one is latched
  Moment state_since;                           // first cycle of the newest run of equal states
  Moment first;
  Moment latest;
  Moment alarm;             // crossing of the latched alarm; cycle 0: none
  std::string explanation;  // newest one that is not empty, of the watch or alarm
  std::uint64_t cycles = 0;
  std::uint64_t cycles_in_breach = 0;
  std::array<std::uint64_t, kBreaches> breaches{};
  std::vector<StoryEvent> events;  // oldest first, the newest kMaxStoryEvents
  std::uint64_t events_left_out = 0;
};

// Keeps the story of the rows it is given; a few KiB whatever their number.
class StoryTeller {
 public:
  void add(const TraceRow& row);
  const Story& story() const { return story_; }

 private:
  void judge(const TraceRow& row, const Moment& now);
  void beside_the_alarm(const TraceRow& row, const Moment& now);
  void changes(const TraceRow& row, const Moment& now);
  void time_and_data(const TraceRow& row, const Moment& now);
  void breaches(const TraceRow& row, const Moment& now);
  void happen(EventLevel level, std::string what, std::string detail, const Moment& now);
  Story story_;
};

// "inference waited: gap", "bearing alarm": a verdict in words.
std::string state_words(const Verdict& verdict, VerdictKind state);
// "alarm crossed again: shocks"
std::string crossing_words(CrossingCause cause);

}  // namespace torpor
