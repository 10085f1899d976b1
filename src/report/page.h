// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "report/report_log.h"
#include "report/story.h"

// One robot's reports as one HTML page that needs nothing else: no network, no fonts, no
// other file. For an engineer who is called at night.
namespace torpor {

// Collects rows, then makes the page. About 300 bytes of memory per cycle; the page
// itself stays below a megabyte for any number of cycles: more than kPageBuckets cycles
// are drawn as the least and the greatest value of each bucket, so that no peak is lost.
class PageBuilder {
 public:
  void add(const TraceRow& row);
  // `made` dates the page. Must have had at least one row.
  std::string html(const TraceSummary& summary, const ReadCounters& counters, WallTime made) const;
  // The data the page draws, as its JSON text.
  std::string data_json(const TraceSummary& summary, const ReadCounters& counters, WallTime made) const;
  const Story& story() const { return teller_.story(); }

 private:
  struct Point;
  StoryTeller teller_;
  std::vector<float> columns_;
  std::size_t rows_ = 0;
};
inline constexpr std::size_t kPageBuckets = 800;

// Reads all reports in `directory` and writes the page to `out`, whole or not at all.
// Errors: of Files; report_none when there is no report to show.
Status write_page(Files& files, const std::string& directory, const std::string& out, WallTime made);

}  // namespace torpor
