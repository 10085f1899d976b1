// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

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
  // Also finds the last report, so that cycle numbers go on after a restart. Errors: as
  // RecordLog::open.
  static Result<ReportLog> open(Files& files, std::string directory, LogBounds bounds);

  // Durable on return; the cycle is above last_cycle(). Heap and errors as RecordLog::append.
  Status append(const CycleReport& report);

  // Number of the newest report; 0 where there is none. The next cycle is one more.
  std::uint64_t last_cycle() const { return last_cycle_; }
  // Where the newest report begins, after an append, and where the next one would.
  RecordPlace newest() const { return log_.newest(); }
  RecordPlace end() const { return log_.end(); }
  const LogCounters& counters() const { return log_.counters(); }

 private:
  ReportLog(RecordLog log, std::uint64_t last_cycle) : log_(std::move(log)), last_cycle_(last_cycle) {}
  RecordLog log_;
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
