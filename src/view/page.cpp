// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/page.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/assertion.h"
#include "base/hex.h"
#include "base/utc.h"
#include "view/page_parts.h"
#include "view/page_shell.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

// NaN, which every plot leaves out: a 0 would be drawn as a value.
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
// A web server of another user may hand it out; nothing in it is secret.
constexpr std::uint32_t kPageMode = 0644;

// While learning there is no evidence: a 0 in the plot would look like a healthy bearing.
bool has_evidence(const Verdict& verdict) {
  switch (verdict.reason) {
    case VerdictReason::learning_fit:
    case VerdictReason::learning_calibration:
    case VerdictReason::not_armed:
      return false;
    default:
      return verdict.arming_epoch != 0;
  }
}

bool was_scored(const Verdict& verdict) {
  // A cycle without a score keeps the evidence of the one before; its z would be a made-up 0.
  return has_evidence(verdict) && verdict.reason == VerdictReason::none;
}

nlohmann::ordered_json moment_json(const Moment& moment) {
  // null where it lies before the log begins: 1970 would be read as a date.
  return {{"cycle", moment.cycle},
          {"utc", moment.wall == WallTime{} ? nlohmann::ordered_json(nullptr)
                                            : nlohmann::ordered_json(utc(moment.wall).view())},
          {"clock_synchronised", moment.dated}};
}

}  // namespace

void PageBuilder::add(const TraceRow& row) {
  // First: the state below is that after this cycle.
  teller_.add(row);
  const CycleReport& r = row.report;
  Point p;
  p.cycle = r.cycle;
  p.wall_s = seconds(r.woke.wall.time_since_epoch());
  p.boot_s = seconds(r.woke.boot.time_since_epoch());
  // Boottime of another run is another axis: no line is drawn, no hour summed across.
  p.new_run = !row.has_interval;
  p.deviation_ms = row.has_interval ? 1e3 * seconds(row.deviation) : kUnknown;
  p.evidence = has_evidence(r.verdict) ? r.verdict.log_evidence : kUnknown;
  for (std::size_t i = 0; i < kScores; ++i)
    p.z[i] = static_cast<float>(was_scored(r.verdict) ? r.verdict.score[i].z : kUnknown);
  // float: seven digits are more than a pixel shows, and a log of a year holds half a million points.
  for (std::size_t i = 0; i < kPhases; ++i) p.energy_mj[i] = static_cast<float>(r.energy_mj[i]);
  for (std::size_t i = 0; i < kMaxAxes; ++i) {
    const bool measured = i < r.indicators.axes;
    const AxisIndicators& axis = r.indicators.axis[i];
    p.rms[i] = static_cast<float>(measured ? axis.rms_g : kUnknown);
    p.velocity[i] = static_cast<float>(measured ? axis.velocity_rms_mm_s : kUnknown);
    p.kurtosis[i] = static_cast<float>(measured ? axis.kurtosis : kUnknown);
    p.crest[i] = static_cast<float>(measured ? axis.crest : kUnknown);
  }
  // Counts beyond 32 bits end there: a plot shows no more, and 8 bytes a count would double a point.
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < kDropReasons; ++i)
    p.drops[i] = static_cast<std::uint32_t>(std::min(r.drops[i], kMost));
  p.state = teller_.story().state;
  axes_ = std::max(axes_, r.indicators.axes);
  queue_bytes_ = std::max<std::uint64_t>(queue_bytes_, r.queue_bytes);
  // A wall clock that steps back makes no axis: then the page counts cycles.
  dated_ = dated_ && p.wall_s > 0 && (points_.empty() || p.wall_s >= points_.back().wall_s);
  // Last: the axis is judged against the point before.
  points_.push_back(p);
}

// Cycles are charged when they begin; a new run starts another hour, since its boottime
// may have started again.
// The window slides cycle by cycle: an hour that begins anywhere, not on the clock.
double PageBuilder::dearest_hour_mj() const {
  // O(cycles): each is added once and taken off once.
  double most = 0;
  double sum = 0;
  std::size_t from = 0;
  const auto cost = [](const Point& p) {
    double total = 0;
    for (float part : p.energy_mj) total += static_cast<double>(part);
    return total;
  };
  for (std::size_t i = 0; i < points_.size(); ++i) {
    if (points_[i].new_run) {
      from = i;
      sum = 0;
    }
    sum += cost(points_[i]);
    // Ends at i itself, whose distance to itself is 0.
    while (points_[i].boot_s - points_[from].boot_s >= 3600) sum -= cost(points_[from++]);
    most = std::max(most, sum);
  }
  return most;
}

std::string PageBuilder::html(const PageFacts& facts) const {
  // Built whole in memory: below a megabyte for any log (page.h).
  const std::pair<std::string_view, std::string> parts[] = {
      {"@@TITLE@@", page_title(story())},
      {"@@HEAD@@",
       page_head(story(), facts, {.dearest_hour_mj = dearest_hour_mj(), .queue_bytes = queue_bytes_})},
      {"@@EVENTS@@", page_events(story())},
      {"@@FOOT@@", page_foot(story(), facts)},
      {"@@DATA@@", data_json(facts)},
  };
  // The marks stand in the shell in this order, each once.
  std::string_view rest(kPageShell, kPageShellSize);
  std::string out;
  for (const auto& [mark, text] : parts) {
    const auto at = rest.find(mark);
    TORPOR_ASSERT(at != std::string_view::npos, "view.the_page_shell_has_its_marks");
    out += rest.substr(0, at);
    out += text;
    rest.remove_prefix(at + mark.size());
  }
  return out.append(rest);
}

Result<ReportSet> read_reports(Files& files, const std::string& directory, WallTime made) {
  TORPOR_TRY(ReportReader reader, ReportReader::open(files, directory));
  ReportSet set;
  set.facts.made = made;
  Tracer tracer;
  TraceSummarizer summarizer;
  const auto take = [&](const std::optional<TraceRow>& row) {
    if (!row) return;
    set.page.add(*row);
    summarizer.add(*row);
  };
  CycleReport report;
  for (;;) {
    // Damaged places are passed over and counted; only a log that cannot be opened or read at all is an
    // error.
    TORPOR_TRY(const bool more, reader.next(report));
    if (!more) break;
    take(tracer.add(report));
  }
  take(tracer.finish());
  set.facts.summary = summarizer.finish();
  set.facts.counters = reader.counters();
  // A page about nothing would say "healthy" of a robot nobody has heard of.
  if (set.page.story().cycles == 0) {
    Error error{.reason = Reason::report_none};
    error.where << directory;
    error.found << "no cycle report";
    return error;
  }
  return set;
}

// Replaced as a whole: whoever has the page open reloads the old one or the new one.
Status write_page(Files& files, const ReportSet& reports, const std::string& out) {
  return files.replace(out, as_bytes(reports.page.html(reports.facts)), kPageMode);
}

Status write_page(Files& files, const std::string& directory, const std::string& out, WallTime made) {
  TORPOR_TRY(const ReportSet reports, read_reports(files, directory, made));
  return write_page(files, reports, out);
}

std::string story_json(const ReportSet& reports) {
  using Json = nlohmann::ordered_json;
  const Story& story = reports.page.story();
  const CycleReport& last = story.last;
  Json events = Json::array();
  for (const StoryEvent& event : story.events) {
    events.push_back({{"level", name(event.level)},
                      {"what", event.what},
                      {"detail", event.detail},
                      {"first", moment_json(event.first)},
                      {"last", moment_json(event.last)},
                      {"cycles", event.count}});
  }
  // Keys are an interface: they may be added to, never renamed.
  const Json json = {{"device", valid_text(last.device)},
                     {"sensor", valid_text(last.sensor)},
                     {"state", name(story.state)},
                     {"state_since", moment_json(story.state_since)},
                     {"alarm_since", story.alarm.cycle == 0 ? Json(nullptr) : moment_json(story.alarm)},
                     {"explanation", story.explanation},
                     {"crossings",
                      {{"count", last.verdict.further.count},
                       {"newest_cycle", last.verdict.further.newest_cycle},
                       {"cause", name(last.verdict.further.cause)}}},
                     {"contract",
                      {{"id", valid_text(last.contract.id)},
                       {"digest", hex(last.contract.digest).view()},
                       {"sequence", last.contract.sequence},
                       {"kept", story.cycles_in_breach == 0},
                       {"cycles_in_breach", story.cycles_in_breach}}},
                     {"dearest_hour_mj", reports.page.dearest_hour_mj()},
                     {"summary", summary_json(reports.facts.summary)},
                     {"events", events},
                     {"events_left_out", story.events_left_out},
                     {"damaged_places", reports.facts.counters.damage.places},
                     {"unreadable_records", reports.facts.counters.unreadable}};
  return json_text(json, 1) + "\n";
}

}  // namespace torpor
