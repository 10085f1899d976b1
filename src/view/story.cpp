// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assertion.h"
#include "base/hex.h"
#include "report/breach_text.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

// How far back a run of the same event may have other events behind it.
// A cycle can break several limits at once, and each of its events comes between two of the same kind.
constexpr std::ptrdiff_t kMergeDepth = 8;

// A latched alarm stays the state, whatever later cycles say: only maintenance ends it.
VerdictKind state_of(const Verdict& verdict) { return verdict.latched ? VerdictKind::alarm : verdict.kind; }

EventLevel level_of(VerdictKind state) {
  switch (state) {
    case VerdictKind::healthy:
      return EventLevel::good;
    case VerdictKind::alarm:
      return EventLevel::serious;
    case VerdictKind::watch:
    case VerdictKind::sensor_fault:
    case VerdictKind::shock:
      return EventLevel::warning;
    case VerdictKind::not_scored:
      break;
  }
  return EventLevel::note;
}

}  // namespace

std::string_view name(EventLevel level) {
  constexpr std::string_view kNames[] = {"good", "note", "warning", "serious"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string state_words(const Verdict& verdict, VerdictKind state) {
  switch (state) {
    case VerdictKind::healthy:
      return "healthy";
    case VerdictKind::watch:
      return "watch";
    case VerdictKind::alarm:
      return "bearing alarm";
    case VerdictKind::sensor_fault:
      return "sensor fault: " + words(name(verdict.reason));
    case VerdictKind::shock:
      return "shock";
    case VerdictKind::not_scored:
      break;
  }
  if (verdict.reason == VerdictReason::learning_fit || verdict.reason == VerdictReason::learning_calibration)
    return "learning";
  return verdict.reason == VerdictReason::none ? "not scored" : "not scored: " + words(name(verdict.reason));
}

std::string crossing_words(CrossingCause cause) {
  switch (cause) {
    case CrossingCause::evidence:
      return "alarm crossed again: evidence fell and rose";
    case CrossingCause::shocks:
      return "alarm crossed again: shocks";
    case CrossingCause::place:
      return "alarm crossed again: another place named";
    case CrossingCause::none:
      break;
  }
  return "alarm crossed again";
}

void StoryTeller::happen(EventLevel level, std::string what, std::string detail, const Moment& now) {
  auto& events = story_.events;
  const auto depth = std::min(kMergeDepth, static_cast<std::ptrdiff_t>(events.size()));
  // The same event in the next cycle goes on with the one before, also where other events of that
  // cycle stand between; a cycle without it ends the run.
  for (auto event = events.rbegin(); event != events.rbegin() + depth; ++event) {
    if (event->what != what || event->last.cycle + 1 != now.cycle) continue;
    event->last = now;
    ++event->count;
    return;
  }
  // The oldest go: what is wrong now has happened lately.
  // O(kMaxStoryEvents) each, which a bound of 300 makes nothing; how many went is told on the page.
  if (events.size() == kMaxStoryEvents) {
    events.erase(events.begin());
    ++story_.events_left_out;
  }
  TORPOR_ASSERT(events.size() < kMaxStoryEvents, "view.a_story_keeps_its_bound");
  events.push_back({level, std::move(what), std::move(detail), now, now, 1});
}

void StoryTeller::judge(const TraceRow& row, const Moment& now) {
  const Verdict& verdict = row.report.verdict;
  const VerdictKind state = state_of(verdict);
  const std::string what = state_words(verdict, state);
  const bool first = story_.cycles == 0;
  // By the words, not the kind: two reasons of a sensor fault are two states to who reads them.
  if (first || what != state_words(story_.last.verdict, story_.state)) {
    // Figures of the evidence only where they speak for a state, not while it is being learned.
    const std::string detail =
        verdict.log_alarm_threshold > 0 && level_of(state) != EventLevel::note
            ? fmt::format("evidence ln R = {:.1f}, watch at {:.1f}, alarm at {:.1f}", verdict.log_evidence,
                          verdict.log_watch_threshold, verdict.log_alarm_threshold)
            : std::string();
    happen(level_of(state), what, detail, now);
    story_.state_since = now;
  }
  if (verdict.latched) beside_the_alarm(row, now);
  // After the comparison with the state before.
  story_.state = state;
  // An explanation belongs to the suspicion it explains, and goes with it.
  const bool suspects = state == VerdictKind::watch || state == VerdictKind::alarm;
  if (!suspects) story_.explanation.clear();
  if (suspects && !verdict.explanation.empty()) story_.explanation = valid_text(verdict.explanation);
  if (!verdict.latched) {
    story_.alarm = {};
  } else if (verdict.first_crossing_cycle == now.cycle) {
    story_.alarm = now;
  } else if (story_.alarm.cycle != verdict.first_crossing_cycle) {
    story_.alarm = {.cycle = verdict.first_crossing_cycle};  // before the log begins
  }
}

// A latched alarm is the state, and yet must hide nothing: not what would have raised it again,
// and not that nothing is seen of the bearing any more.
void StoryTeller::beside_the_alarm(const TraceRow& row, const Moment& now) {
  const Verdict& verdict = row.report.verdict;
  const Verdict& before = story_.last.verdict;
  const bool same = story_.cycles > 0 && before.first_crossing_cycle == verdict.first_crossing_cycle;
  if (same && verdict.further.count > before.further.count) {
    happen(
        EventLevel::serious, crossing_words(verdict.further.cause),
        fmt::format("{} since the alarm of cycle {}{}{}", verdict.further.count, verdict.first_crossing_cycle,
                    verdict.explanation.empty() ? "" : "; ", valid_text(verdict.explanation)),
        now);
  }
  if (verdict.kind == VerdictKind::sensor_fault || verdict.kind == VerdictKind::shock)
    happen(EventLevel::warning, state_words(verdict, verdict.kind), "the alarm stands", now);
}

void StoryTeller::changes(const TraceRow& row, const Moment& now) {
  const CycleReport& r = row.report;
  const CycleReport& before = story_.last;
  // Nothing is before the first report: what it says is no change.
  if (story_.cycles == 0) return;
  if (!row.has_interval) {
    // A gap within one boot is a process that began anew; its report says so by having no interval.
    happen(EventLevel::note, r.boot_id == before.boot_id ? "torpord restarted" : "computer restarted", "",
           now);
  }
  if (r.contract.digest != before.contract.digest) {
    happen(EventLevel::note, "contract changed",
           fmt::format("{} sequence {}, was {} sequence {}", valid_text(r.contract.id), r.contract.sequence,
                       valid_text(before.contract.id), before.contract.sequence),
           now);
  }
  // Another model is another baseline: verdicts before and after are not to be compared.
  if (r.model != before.model) {
    happen(EventLevel::note, "model changed",
           fmt::format("{} to {}", short_hex(before.model).view(), short_hex(r.model).view()), now);
  }
  if (r.woke.synchronised != before.woke.synchronised) {
    happen(r.woke.synchronised ? EventLevel::good : EventLevel::warning,
           r.woke.synchronised ? "clock synchronised" : "clock not synchronised", "", now);
  }
}

void StoryTeller::time_and_data(const TraceRow& row, const Moment& now) {
  const CycleReport& r = row.report;
  // A report that is not there, told apart from a slot that was skipped: the second has a reason in a
  // record.
  if (row.missed > 0)
    happen(EventLevel::warning, "cycles missing",
           fmt::format("{} report{} not in the log", row.missed, row.missed == 1 ? " is" : "s are"), now);
  if (r.slots_skipped > 0) {
    happen(EventLevel::warning, "slots skipped",
           fmt::format("{} slot{} lost to an overrun of the cycle before", r.slots_skipped,
                       r.slots_skipped == 1 ? "" : "s"),
           now);
  }
  // Told once: where the drops are a breach, the breach tells them.
  if (drops(r) > 0 && !r.has(Breach::drops))
    happen(EventLevel::note, "frames dropped", std::string(drop_text(r.drops)), now);
}

void StoryTeller::breaches(const TraceRow& row, const Moment& now) {
  // Once per cycle, however many limits it broke: the page counts cycles.
  if (row.report.breaches != 0) ++story_.cycles_in_breach;
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (!row.report.has(breach)) continue;
    ++story_.breaches[i];
    happen(EventLevel::serious, "contract broken: " + words(name(breach)),
           valid_text(breach_text(breach, row.report)), now);
  }
}

void StoryTeller::add(const TraceRow& row) {
  // Changes first: "restarted" stands above what the new run did. The last report is kept last, for
  // everything before compares with it.
  const CycleReport& r = row.report;
  const Moment now{.cycle = r.cycle, .wall = r.woke.wall, .dated = r.woke.synchronised};
  changes(row, now);
  judge(row, now);
  time_and_data(row, now);
  breaches(row, now);
  if (story_.cycles++ == 0) story_.first = now;
  story_.latest = now;
  story_.last = r;
}

}  // namespace torpor
