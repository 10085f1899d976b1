// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "report/report_log.h"
#include "view/story.h"

// One robot's reports as one HTML page that needs nothing else: no network, no fonts, no
// other file. For an engineer who is called at night: state, contract and events can be
// read without the script; the script draws the plots.
namespace torpor {

// More cycles than this are drawn as the least and the greatest value of each bucket, so
// that no peak is lost and the page stays below a megabyte for any number of cycles.
inline constexpr std::size_t kPageBuckets = 800;

// What a page shows beside the rows.
struct PageFacts {
  TraceSummary summary;
  ReadCounters counters;
  WallTime made{};  // dates the page
};

// Collects rows, then makes the page. Memory: sizeof(Point) per cycle.
class PageBuilder {
 public:
  void add(const TraceRow& row);
  // Both need at least one row.
  std::string html(const PageFacts& facts) const;
  // The data the script draws, docs: page_data.cpp.
  std::string data_json(const PageFacts& facts) const;
  const Story& story() const { return teller_.story(); }

  // The most energy in any hour of the log, in mJ; of all of it when it is shorter.
  double dearest_hour_mj() const;

 private:
  struct Point {
    std::uint64_t cycle = 0;
    double wall_s = 0;
    double boot_s = 0;
    double deviation_ms = 0;  // NaN: unknown, here and below
    double evidence = 0;
    std::array<float, kScores> z{};
    std::array<float, kPhases> energy_mj{};
    std::array<float, kMaxAxes> rms{}, velocity{}, kurtosis{}, crest{};
    std::array<std::uint32_t, kDropReasons> drops{};
    VerdictKind state{};
    bool new_run = false;  // boottime starts again or is not comparable
  };
  friend class PageData;

  StoryTeller teller_;
  std::vector<Point> points_;
  std::uint32_t axes_ = 0;
  bool dated_ = true;  // wall time rises from cycle to cycle: fit for an axis
  std::uint64_t queue_bytes_ = 0;
};

// Reads all reports in `directory`. Errors: of Files; report_none when there is none.
struct ReportSet {
  PageBuilder page;
  PageFacts facts;
};
Result<ReportSet> read_reports(Files& files, const std::string& directory, WallTime made);

// Writes the page to `out`, whole or not at all. The second reads the log first.
Status write_page(Files& files, const ReportSet& reports, const std::string& out);
Status write_page(Files& files, const std::string& directory, const std::string& out, WallTime made);

// State, contract, figures and events as JSON, for `torpor report --json`.
std::string story_json(const ReportSet& reports);

}  // namespace torpor
