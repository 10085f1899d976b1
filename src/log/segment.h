// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

// One segment of the record log by its name, and one record of it as bytes: docs/record-log.md.
namespace torpor {

inline constexpr std::size_t kRecordHeaderBytes = 8;  // length, CRC-32C
inline constexpr std::size_t kMaxRecordPayload = 4096;
inline constexpr std::size_t kMaxRecordBytes = kRecordHeaderBytes + kMaxRecordPayload;
inline constexpr std::uint64_t kMaxSegmentBytes = 1024 * 1024;
inline constexpr std::uint64_t kMinLogBytes = 4 * kMaxRecordBytes;  // the smallest bound that can be kept

// "0000000042-01800000000.tlog": number, rising by one, and the wall time in seconds at
// which the segment began, 0 where the clock was not synchronised.
struct SegmentName {
  static constexpr std::uint64_t kLast = 9'999'999'999;  // of ten digits
  std::uint64_t number = 0;
  std::int64_t began_s = 0;
  std::string text() const;
  static std::optional<SegmentName> parse(std::string_view name);  // nothing: not one of ours
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes the 0 of a <=> for a pointer
  auto operator<=>(const SegmentName&) const = default;
};

// Where a record begins. Stays valid while the segment is held; ordered as written.
struct RecordPlace {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes the 0 of a <=> for a pointer
  auto operator<=>(const RecordPlace&) const = default;
};

// Puts header and payload into `out`, which must hold both; returns the bytes used.
std::size_t frame_record(Bytes payload, MutableBytes out);

}  // namespace torpor
