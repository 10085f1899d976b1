// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "log/segment.h"
#include "log/segment_walk.h"

// The reading half of the record log.
namespace torpor {

// What was not a record, so far.
struct LogDamage {
  std::uint64_t places = 0;  // runs of damaged bytes, and segments that could not be read
  std::uint64_t bytes = 0;   // passed over because of it
  RecordPlace first;         // of the first of them
  std::string first_segment;
  std::uint64_t torn_tails = 0;  // ends of segments an append never finished: harmless
};

// Streams the records of a directory in the order they were written. Holds one segment
// (at most kMaxSegmentBytes) in memory. May run beside the writer: sees what was there
// when a segment was read; a segment that the writer removed meanwhile is passed over.
// Files that are no segments are ignored. One thread.
class RecordReader {
 public:
  // Begins at the oldest record, or at the first one at or behind `from`. Errors: of
  // Files for the directory (file_missing: there is none).
  static Result<RecordReader> open(Files& files, std::string directory, RecordPlace from = {});

  // The next payload, valid until the next call; `found` false at the end. Damage is
  // counted and passed over to the next whole record. Errors: of Files, when a segment
  // is there and cannot be read; the call after goes on behind it.
  struct Next {
    bool found = false;
    Bytes payload;
    RecordPlace place;
  };
  Result<Next> next();

  // Where the record after the last one begins: the cursor to keep.
  RecordPlace place() const { return place_; }
  const LogDamage& damage() const { return damage_; }

 private:
  RecordReader(Files& files, std::string directory) : files_(&files), directory_(std::move(directory)) {}
  Result<bool> load_segment();
  void count_damage(const SegmentName& name, std::uint64_t offset, std::uint64_t bytes);

  Files* files_;
  std::string directory_;
  std::vector<SegmentName> names_;
  std::size_t at_ = 0;  // names_[at_] is loaded or comes next
  std::vector<std::byte> segment_;
  std::optional<SegmentWalk> walk_;  // through segment_; none: load names_[at_] first
  RecordPlace place_;
  LogDamage damage_;
};

}  // namespace torpor
