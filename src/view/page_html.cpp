// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "base/hex.h"
#include "base/utc.h"
#include "power/energy_budget.h"
#include "view/page_parts.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string plural(std::uint64_t n, std::string_view word) {
  return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
}

// A date is only as good as the clock that gave it, and the page says which.
std::string when(const Moment& moment) {
  if (moment.wall == WallTime{}) return fmt::format("cycle {}, before this log begins", moment.cycle);
  return fmt::format("cycle {}, {}{}", moment.cycle, utc(moment.wall).view(),
                     moment.dated ? "" : " (clock not synchronised)");
}

std::string breach_list(const Story& story) {
  std::string list;
  for (std::size_t i = 0; i < kBreaches; ++i) {
    if (story.breaches[i] == 0) continue;
    list += fmt::format("<li><span>{}</span><span>{}</span></li>", words(name(static_cast<Breach>(i))),
                        plural(story.breaches[i], "cycle"));
  }
  return list.empty() ? "" : "<ul>" + list + "</ul>";
}

// Skipped: an overrun, and the robot says so. Missing: no report at all, and nobody knows why.
std::string lost_words(const TraceSummary& s) {
  if (s.skipped + s.missed == 0) return "none lost";
  if (s.missed == 0) return fmt::format("{} skipped", s.skipped);
  if (s.skipped == 0) return fmt::format("{} missing", s.missed);
  return fmt::format("{} skipped, {} missing", s.skipped, s.missed);
}

// What the one who reads this should do now.
std::string todo(const Story& story) {
  const Verdict& v = story.last.verdict;
  switch (story.state) {
    case VerdictKind::healthy:
      return "Nothing to do.";
    case VerdictKind::watch:
      return fmt::format("Evidence is growing: ln R is {:.1f}. The alarm is raised at {:.1f}.",
                         v.log_evidence, v.log_alarm_threshold);
    case VerdictKind::alarm:
      return std::string(
                 "Inspect this bearing. The alarm stays until a signed maintenance event clears it.") +
             (v.kind == VerdictKind::sensor_fault
                  ? " Its sensor cannot be trusted now: " + words(name(v.reason)) + "."
                  : "");
    case VerdictKind::sensor_fault:
      return "Check the sensor and its cable. The bearing is not being watched.";
    case VerdictKind::shock:
      return "The sensor is at full scale: a shock, or severe damage. Repeated, it raises the alarm.";
    case VerdictKind::not_scored:
      break;
  }
  if (v.reason == VerdictReason::learning_fit || v.reason == VerdictReason::learning_calibration)
    return fmt::format("{} of {} healthy cycles learned. It watches once it has them all.", v.learned,
                       v.to_learn);
  return "The newest cycle could not be scored; the evidence stays as it was.";
}

// Terms are ours; values and notes may hold text of a report and are escaped. `off` marks what is
// not as the contract wants it.
std::string fact(std::string_view term, std::string_view value, std::string_view note, bool off) {
  return fmt::format("<div{}><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", off ? " class=\"off\"" : "",
                     term, html_escape(value), html_escape(note));
}

// Source, what it covers, and what it leaves open.
std::string energy_note(const CycleReport& last, const TraceSummary& s) {
  // A figure never stands without its source, so its absence is a word, too.
  if (last.energy_source.empty() || last.energy_source.view() == "none") return "none";
  std::string note = valid_text(last.energy_source);
  if (!last.energy_coverage.empty()) note += fmt::format(" ({})", valid_text(last.energy_coverage));
  if (s.unmeasured > Duration::zero()) note += fmt::format("; {} unmeasured", human(s.unmeasured));
  return note;
}

// What an hour may cost that keeps the contract: what flows in, and a full bucket at its begin.
double most_of_an_hour_mj(const ContractFacts& contract) {
  return contract.mj_per_hour +
         full_bucket_mj(contract.mj_per_hour, contract.active_mj_per_cycle, contract.interval_tolerance_ms);
}

std::string facts_list(const Story& story, const PageFacts& facts, const PageFigures& figures) {
  const CycleReport& last = story.last;
  const TraceSummary& s = facts.summary;
  std::string out = "<dl class=\"facts\">\n";
  out += fact("Start to start",
              s.intervals == 0   ? "not yet known"
              : s.deviating == 0 ? fmt::format("all within {} ms", last.contract.interval_tolerance_ms)
                                 : fmt::format("{} of {} off", s.deviating, s.intervals),
              s.intervals == 0
                  ? "needs two cycles"
                  : fmt::format("median {} off, p99 {}, most {}", human(s.p50), human(s.p99), human(s.max)),
              s.deviating > 0);
  out += fact("Slots", lost_words(s), fmt::format("{} late, {}", s.late, plural(s.restarts, "restart")),
              s.skipped + s.missed > 0);
  // A meter that is not there must not read as "0 J, well within the contract".
  const bool metered = last.energy_source.view() != "none" && !last.energy_source.empty();
  out += fact("Energy, dearest hour", metered ? human_mj(figures.dearest_hour_mj) : "not measured",
              fmt::format("{}contract {}, with a full bucket {}; source: {}",
                          s.length < std::chrono::hours(1)
                              ? fmt::format("in {:.1f} minutes so far; ", seconds(s.length) / 60)
                              : "",
                          human_mj(last.contract.mj_per_hour), human_mj(most_of_an_hour_mj(last.contract)),
                          energy_note(last, s)),
              metered && figures.dearest_hour_mj > most_of_an_hour_mj(last.contract));
  out +=
      fact("Energy budget", human_mj(std::fabs(last.budget_mj)) + (last.budget_mj < 0 ? " of debt" : " left"),
           s.slept_through == 0 ? "no cycle was slept through"
                                : plural(s.slept_through, "cycle") + " slept through",
           last.budget_mj < 0 || s.slept_through > 0);
  // Unknown is off, too: a device that cannot be seen is not proven released.
  out += fact("Compute device", name(last.residency), valid_text(last.residency_note),
              last.residency != ResidencyState::released);
  out +=
      fact("Queue", human_bytes(figures.queue_bytes),
           "the most it held; " + (s.drops == 0 ? "no frame" : plural(s.drops, "frame")) + " dropped", false);
  out += fact("Accounted time",
              s.length > Duration::zero() ? fmt::format("{:.2f} %", 100 * s.accounted()) : "not yet known",
              "share of the cycles explained by spans", s.length > Duration::zero() && s.accounted() < 0.99);
  return out + "</dl>\n";
}

// "Kept" is a word about the whole log, not about the newest cycle: a fault of last night shows.
std::string contract_panel(const Story& story) {
  const ContractFacts& c = story.last.contract;
  const bool kept = story.cycles_in_breach == 0;
  return fmt::format(
      "<div class=\"panel tone-{}\">\n<p class=\"kicker\">Contract {}, sequence {}</p>\n"
      "<p class=\"big\">{}</p>\n<p class=\"since\">{}</p>\n{}"
      "<p class=\"todo\">{} s sample, {} s sleep, tolerance {} ms · <code "
      "title=\"{}\">{}</code></p>\n</div>\n",
      kept                       ? "good"
      : story.last.breaches == 0 ? "warning"
                                 : "serious",
      html_escape(valid_text(c.id)), c.sequence, kept ? "Kept" : "Broken",
      kept
          ? fmt::format("in all {}", plural(story.cycles, "cycle"))
          : fmt::format("in {} of {}{}", story.cycles_in_breach, plural(story.cycles, "cycle"),
                        story.last.breaches == 0 ? "; the newest one keeps it" : ", the newest one included"),
      breach_list(story), c.sample_ms / 1000.0, c.sleep_ms / 1000.0, c.interval_tolerance_ms,
      hex(c.digest).view(), short_hex(c.digest).view());
}

}  // namespace

// Nothing of a report may become markup: device names and notes come over a link.
std::string html_escape(std::string_view text) {
  std::string out;
  // No apostrophe: every attribute of the page stands in double quotes.
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string page_title(const Story& story) {
  return html_escape(capital(state_words(story.last.verdict, story.state)) + ": " +
                     valid_text(story.last.device));
}

std::string page_head(const Story& story, const PageFacts& facts, const PageFigures& figures) {
  const CycleReport& last = story.last;
  // An alarm is as old as its crossing, not as the newest run of cycles that say so.
  const Moment& since = story.alarm.cycle != 0 ? story.alarm : story.state_since;
  std::string out = fmt::format(
      "<div class=\"who\"><span><strong>{}</strong></span><span>sensor {}</span>"
      "<span>cycles {} to {}</span><span>{} to {}</span>{}</div>\n",
      html_escape(valid_text(last.device)), html_escape(valid_text(last.sensor)), story.first.cycle,
      story.latest.cycle, utc(story.first.wall).view(), utc(story.latest.wall).view(),
      last.speed == 1 ? "" : fmt::format("<span>clock at {:g} times real time</span>", last.speed));
  out += fmt::format(
      "<div class=\"headline\">\n<div class=\"panel tone-{}\">\n<p class=\"kicker\">State</p>\n<h1>{}</h1>\n"
      "<p class=\"since\">since {}</p>\n",
      // The class is a name of ours and needs no escape; what the report said does.
      name(story.state), html_escape(capital(state_words(last.verdict, story.state))), when(since));
  if (!story.explanation.empty())
    out += fmt::format("<p class=\"why\">{}</p>\n", html_escape(capital(story.explanation)));
  else if (story.state == VerdictKind::alarm)
    out += "<p class=\"muted\">The evidence names no single defect.</p>\n";
  if (last.verdict.further.count > 0)
    out += fmt::format("<p class=\"why\">{}: {} since, the newest in cycle {}.</p>\n",
                       capital(crossing_words(last.verdict.further.cause)), last.verdict.further.count,
                       last.verdict.further.newest_cycle);
  out += fmt::format("<p class=\"todo\">{}</p>\n</div>\n", todo(story));
  out += contract_panel(story) + "</div>\n";
  return out + facts_list(story, facts, figures);
}

std::string page_events(const Story& story) {
  std::string out =
      "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-labelledby=\"h-events\">\n<table>\n";
  out += fmt::format("<caption>Newest first.{}</caption>\n",
                     story.events_left_out == 0
                         ? ""
                         : fmt::format(" {} older ones are left out here.", story.events_left_out));
  out +=
      "<thead><tr><th scope=\"col\">When (UTC)</th><th scope=\"col\">Cycle</th><th scope=\"col\">What</th>"
      "<th scope=\"col\">Detail</th></tr></thead>\n<tbody>\n";
  // Newest first: who is called at night asks what happened last.
  for (auto event = story.events.rbegin(); event != story.events.rend(); ++event) {
    const std::string cycles = event->count == 1
                                   ? fmt::format("{}", event->first.cycle)
                                   : fmt::format("{} to {}", event->first.cycle, event->last.cycle);
    out += fmt::format(
        "<tr class=\"tone-{}\"><td class=\"num\">{}</td><td class=\"num cycle\">{}</td>"
        "<td class=\"what\"><span class=\"dot\"></span>{}</td><td>{}</td></tr>\n",
        name(event->level), utc(event->first.wall).view().substr(0, 19), cycles,
        html_escape(capital(event->what)), html_escape(event->detail));
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string page_foot(const Story& story, const PageFacts& facts) {
  const CycleReport& last = story.last;
  const ReadCounters& read = facts.counters;
  std::string out = "<footer>\n<dl>\n";
  const auto row = [&](std::string_view term, std::string_view value) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, html_escape(value));
  };
  row("Contract digest", hex(last.contract.digest).view());
  row("Model digest", hex(last.model).view());
  row("Boot", valid_text(last.boot_id));
  // The id by which alarm receivers and maintenance events name it.
  row("Alarm",
      last.verdict.first_crossing_cycle == 0
          ? "none"
          : fmt::format("{} / {} / arming {} / cycle {}", valid_text(last.device), valid_text(last.sensor),
                        last.verdict.arming_epoch, last.verdict.first_crossing_cycle));
  row("Log", fmt::format("{}, {} damaged places ({} bytes), {} unreadable, {} of another kind",
                         plural(read.reports, "report"), read.damage.places, read.damage.bytes,
                         read.unreadable, read.other_kinds));
  // A page made from a damaged log says so: what is missing may be what matters.
  if (read.damage.places > 0)
    row("First damage", fmt::format("{} at offset {}", read.damage.first_segment, read.damage.first.offset));
  out += "</dl>\n";
  return out +
         fmt::format("<p>Made by torpor report at {}. Times are UTC. Plots: uPlot (MIT).</p>\n</footer>\n",
                     utc(facts.made).view());
}

}  // namespace torpor
