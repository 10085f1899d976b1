// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/owned_directory.h"
#include "log/segment.h"

// The writing half of the record log: docs/record-log.md. Knows bytes, not their meaning.
namespace torpor {

// How much is kept; from the contract (telemetry.spool_bytes, telemetry.spool_age_ms).
struct LogBounds {
  std::uint64_t bytes = 0;  // of all segments together; at least kMinLogBytes
  Duration age{};           // a segment whose newest record is older goes
};

// Since this log was opened, except where said.
struct LogCounters {
  std::uint64_t bytes = 0;             // held now, all segments
  std::uint64_t segments = 0;          // held now
  std::uint64_t appended = 0;          // records made durable
  std::uint64_t failed = 0;            // append() calls that returned an error: records lost
  std::uint64_t removed_segments = 0;  // for age or room
  std::uint64_t removed_bytes = 0;
  std::uint64_t cut_bytes = 0;  // torn tail found by open()
  std::uint64_t vanished = 0;   // times the newest segment was found removed: records lost
};

// Appends records to a directory of bounded segments and removes the oldest segments
// above the bounds. Owns its directory, which keeps a second writer out; one thread.
//
// After append() returned well the record survives loss of power. A failed append leaves
// a log that can still be read whole, and the next append repairs what the failed one
// left behind: by cutting it off or, where that fails too, by a new segment. On a full
// disk the oldest segment makes room once per append, so that the newest report wins.
//
// Heap: append() touches it only when it begins a new segment or repairs.
class RecordLog {
 public:
  // Takes the directory (base/owned_directory.h), cuts a torn tail off the newest segment and
  // begins a new one if that one is full or damaged. A log that can be read is opened, whether or
  // not it can be written to now. Errors: of Files, for what must be read; directory_locked while
  // somebody else writes there; log_bounds when the bounds are too small to hold a log.
  static Result<RecordLog> open(Files& files, std::string directory, LogBounds bounds);

  // Adds one record and syncs it. `at` names the segment that begins with it and drives
  // removal by age; it counts only where synchronised. Errors: of Files;
  // log_record_too_large.
  Status append(Bytes payload, const TimeStamp& at);

  // Where the newest record of this process begins, and where the next one would.
  RecordPlace newest() const { return newest_; }
  RecordPlace end() const {
    return segments_.empty() ? RecordPlace{}
                             : RecordPlace{segments_.back().name.number, segments_.back().bytes};
  }

  const LogCounters& counters() const { return counters_; }
  const std::string& directory() const { return home_.path(); }
  const OwnedDirectory& home() const { return home_; }

 private:
  struct Segment {
    SegmentName name;
    std::uint64_t bytes = 0;
  };

  RecordLog(Files& files, OwnedDirectory home, LogBounds bounds);
  Status load();
  void assert_sums() const;
  Status begin_segment(const TimeStamp& at);
  Status see_that_it_is_there();
  Status repair();
  std::int64_t age_s() const { return std::chrono::ceil<std::chrono::seconds>(bounds_.age).count(); }
  [[nodiscard]] bool newest_is_done(std::size_t more, const TimeStamp& at) const;
  [[nodiscard]] bool oldest_is_too_old(const TimeStamp& at) const;
  Status write(Bytes payload, const TimeStamp& at);
  Status remove_oldest();
  Status make_room(std::uint64_t more, const TimeStamp& at);
  std::string path_of(const Segment& segment) const { return directory() + "/" + segment.name.text(); }

  Files* files_;
  OwnedDirectory home_;
  LogBounds bounds_;
  std::uint64_t segment_bytes_;
  std::vector<Segment> segments_;     // oldest first
  std::uint64_t newest_number_ = 0;   // of a segment, ever
  std::string newest_path_;           // kept: a look at it each cycle touches no heap
  std::unique_ptr<AppendFile> file_;  // the newest segment; none: begin one at the next append
  bool suspect_ = false;              // the newest segment may end in a part of a record
  std::vector<std::byte> frame_;      // one record, header and payload
  RecordPlace newest_;
  LogCounters counters_;
};

}  // namespace torpor
