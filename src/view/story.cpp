// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

// How far back a run of the same event may have other events behind it.
constexpr std::ptrdiff_t kMergeDepth = 8;

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

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string drop_words(const DropCounts& drops) {
  std::string text;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (drops[i] > 0)
      text += fmt::format("{}{} by {}", text.empty() ? "" : ", ", drops[i], name(static_cast<DropReason>(i)));
  }
  return text;
}

std::string interval_words(const TraceRow& row) {
  return fmt::format("start to start {}, contract {} within {} ms", human(row.report.interval),
                     human(period(row.report)), row.report.contract.interval_tolerance_ms);
}

Phase dearest_phase(const CycleReport& r) {
  return static_cast<Phase>(std::max_element(r.energy_mj.begin(), r.energy_mj.end()) - r.energy_mj.begin());
}

std::string breach_words(Breach breach, const TraceRow& row) {
  const CycleReport& r = row.report;
  switch (breach) {
    case Breach::interval:
      return row.has_interval ? interval_words(row) : "";
    case Breach::awake:
      return fmt::format("awake {}, contract {} ms", human(awake(row)), r.contract.awake_limit_ms);
    case Breach::energy:
      return fmt::format("{} in this cycle, most of it in {}; contract {} a cycle and {} an hour",
                         human_mj(energy(r)), name(dearest_phase(r)),
                         human_mj(r.contract.active_mj_per_cycle), human_mj(r.contract.mj_per_hour));
    case Breach::residency:
      return fmt::format("after release: {} ({})", name(r.residency), valid_text(r.residency_note));
    case Breach::infer_deadline:
      // Scaled clock or not: what the processor did took real time.
      return fmt::format(
          "inference took {:.0f} ms",
          1e3 * seconds(r.spent[static_cast<std::size_t>(Phase::infer)]) / std::max(r.speed, 1.0));
    case Breach::drops:
      return drop_words(r.drops) + fmt::format("; queue held {}", human_bytes(r.queue_bytes));
    case Breach::expired:
      return "the contract's time is over; the robot goes on until a new bundle comes";
    case Breach::idle:
      return fmt::format("module rail at {} mW after release, contract {} mW", r.idle_rail_mw,
                         r.contract.idle_mw);
    case Breach::inference:
      return fmt::format("backend {} gave no score ({})", valid_text(r.backend), valid_text(r.backend_note));
    case Breach::device:
      return fmt::format("the compute device did not wake ({})", valid_text(r.backend_note));
    case Breach::dead_man:
      return fmt::format("the sampler stopped the detector after {} awake, contract {} ms",
                         human(r.stopped_after), r.contract.awake_limit_ms);
    case Breach::budget:
      return fmt::format("{} left, a cycle may take {}, contract {} an hour", human_mj(r.budget_mj),
                         human_mj(r.contract.active_mj_per_cycle), human_mj(r.contract.mj_per_hour));
    case Breach::suspend:
      return fmt::format("slept by blocking after {} failed resumes ({})", r.failed_resumes,
                         valid_text(r.sleep_note));
  }
  return "";
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

void StoryTeller::happen(EventLevel level, std::string what, std::string detail, const Moment& now) {
  auto& events = story_.events;
  const auto depth = std::min(kMergeDepth, static_cast<std::ptrdiff_t>(events.size()));
  for (auto event = events.rbegin(); event != events.rbegin() + depth; ++event) {
    if (event->what != what || event->last.cycle + 1 != now.cycle) continue;
    event->last = now;
    ++event->count;
    return;
  }
  if (events.size() == kMaxStoryEvents) {
    events.erase(events.begin());
    ++story_.events_left_out;
  }
  events.push_back({level, std::move(what), std::move(detail), now, now, 1});
}

void StoryTeller::judge(const TraceRow& row, const Moment& now) {
  const Verdict& verdict = row.report.verdict;
  const VerdictKind state = state_of(verdict);
  const std::string what = state_words(verdict, state);
  const bool first = story_.cycles == 0;
  if (first || what != state_words(story_.last.verdict, story_.state)) {
    const std::string detail =
        verdict.log_alarm_threshold > 0 && level_of(state) != EventLevel::note
            ? fmt::format("evidence ln R = {:.1f}, watch at {:.1f}, alarm at {:.1f}", verdict.log_evidence,
                          verdict.log_watch_threshold, verdict.log_alarm_threshold)
            : std::string();
    happen(level_of(state), what, detail, now);
    story_.state_since = now;
  }
  story_.state = state;
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

void StoryTeller::changes(const TraceRow& row, const Moment& now) {
  const CycleReport& r = row.report;
  const CycleReport& before = story_.last;
  if (story_.cycles == 0) return;
  if (!row.has_interval) {
    happen(EventLevel::note, r.boot_id == before.boot_id ? "torpord restarted" : "computer restarted", "",
           now);
  }
  if (r.contract.digest != before.contract.digest) {
    happen(EventLevel::note, "contract changed",
           fmt::format("{} sequence {}, was {} sequence {}", valid_text(r.contract.id), r.contract.sequence,
                       valid_text(before.contract.id), before.contract.sequence),
           now);
  }
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
  if (row.missed > 0)
    happen(EventLevel::warning, "cycles missing",
           fmt::format("{} report{} not in the log", row.missed, row.missed == 1 ? " is" : "s are"), now);
  if (r.slots_skipped > 0) {
    happen(EventLevel::warning, "slots skipped",
           fmt::format("{} slot{} lost to an overrun of the cycle before", r.slots_skipped,
                       r.slots_skipped == 1 ? "" : "s"),
           now);
  }
  if (drops(r) > 0 && !r.has(Breach::drops))
    happen(EventLevel::note, "frames dropped", drop_words(r.drops), now);
}

void StoryTeller::breaches(const TraceRow& row, const Moment& now) {
  if (row.report.breaches != 0) ++story_.cycles_in_breach;
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (!row.report.has(breach)) continue;
    ++story_.breaches[i];
    happen(EventLevel::serious, "contract broken: " + words(name(breach)), breach_words(breach, row), now);
  }
}

void StoryTeller::add(const TraceRow& row) {
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
