// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <optional>

#include "contract/contract.h"
#include "log/record_log.h"
#include "log/record_reader.h"
#include "report/cycle_report.h"

// Cycle reports in and out of a record log: `--reports DIR`.
namespace torpor {

LogBounds log_bounds(const TelemetryTerms& terms);

// What the detector writes to. One thread.
class ReportLog {
 public:
  // Also finds the newest report: the truth that everything else is brought up to. Errors: as
  // RecordLog::open.
  static Result<ReportLog> open(Files& files, std::string directory, LogBounds bounds);

  // Durable on return; the cycle is above last_cycle(). Heap and errors as RecordLog::append.
  Status append(const CycleReport& report);

  // Number of the newest report; 0 where there is none. The next cycle is one more.
  std::uint64_t last_cycle() const { return last_cycle_; }
  // The newest report that open() found; none where there is none.
  const std::optional<CycleReport>& found() const { return found_; }
  // Where the newest report begins, after an append, and where the next one would.
  RecordPlace newest() const { return log_.newest(); }
  RecordPlace end() const { return log_.end(); }
  const LogCounters& counters() const { return log_.counters(); }
  const OwnedDirectory& home() const { return log_.home(); }

 private:
  ReportLog(RecordLog log, const std::optional<CycleReport>& found)
      : log_(std::move(log)), found_(found), last_cycle_(found ? found->cycle : 0) {}
  RecordLog log_;
  std::optional<CycleReport> found_;
  std::uint64_t last_cycle_;
  std::array<std::byte, kMaxRecordPayload> payload_{};
};

// What could not be shown, so far.
struct ReadCounters {
  LogDamage damage;
  std::uint64_t reports = 0;
  std::uint64_t other_kinds = 0;  // records of a later torpor: passed over
  std::uint64_t unreadable = 0;   // whole records that are no sound report
  FixedString<512> first_unreadable;
};

// Streams reports in order; memory of one segment. One thread.
class ReportReader {
 public:
  static Result<ReportReader> open(Files& files, std::string directory);
  // False at the end. Records that are no sound report are counted and passed over.
  // Errors: of Files.
  Result<bool> next(CycleReport& report);
  ReadCounters counters() const;

 private:
  explicit ReportReader(RecordReader reader) : reader_(std::move(reader)) {}
  RecordReader reader_;
  ReadCounters counters_;
};

}  // namespace torpor
