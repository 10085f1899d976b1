// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"

// The records of one segment, one after the other: docs/record-log.md.
namespace torpor {

// What lies where the walk stands.
struct RecordAt {
  enum class Kind : std::uint8_t {
    record,   // `payload` is whole
    end,      // exactly the end of the segment
    torn,     // no whole record follows: what an append left that never finished
    damaged,  // bytes that are no record, before `next`, where a whole record begins
  };
  Kind kind = Kind::end;
  Bytes payload{};       // into the segment
  std::size_t next = 0;  // offset of what follows, and where the walk stands now
};

// Never reads outside `segment`, which outlives it, for any bytes and any offset <= its size.
//
// A segment is hostile input: each of its bytes can be made to look like the beginning of the
// largest record. The cost of a whole walk is linear in its bytes all the same: after the first
// damage the checksum of a candidate is made from running sums, not from its bytes.
//
// Heap: none for a segment of whole records and a torn tail; 48 KiB at most after damage.
// One thread.
class SegmentWalk {
 public:
  explicit SegmentWalk(Bytes segment, std::size_t offset = 0);
  SegmentWalk(SegmentWalk&& other) noexcept;
  SegmentWalk& operator=(SegmentWalk&& other) noexcept;
  ~SegmentWalk();

  // What lies here; then stands at its `next`. At the end it stays there.
  RecordAt next();

  // Bytes that went into a checksum, and candidates judged, so far: what the walk has cost.
  // At most 2 x (bytes walked + the largest record), and two for each byte.
  std::uint64_t summed_bytes() const;
  std::uint64_t judged() const { return judged_; }

 private:
  class RunningSums;
  Bytes payload_here(std::size_t offset);

  Bytes segment_;
  std::size_t at_;
  bool damaged_ = false;
  std::uint64_t summed_directly_ = 0;
  std::uint64_t judged_ = 0;
  std::unique_ptr<RunningSums> sums_;  // from the first plausible candidate after damage on
};

}  // namespace torpor
