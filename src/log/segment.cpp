// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/segment.h"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::size_t kNumberDigits = 10;
constexpr std::size_t kSecondsDigits = 11;
constexpr std::int64_t kLastSecond = 99'999'999'999;  // of so many digits: the year 5138
constexpr std::string_view kSuffix = ".tlog";

template <class T>
std::optional<T> digits(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!plain || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The payload of the record that begins at `offset`, empty where there is none: a record
// always holds something.
Bytes payload_at(Bytes segment, std::size_t offset) {
  if (segment.size() - offset <= kRecordHeaderBytes) return {};
  const std::byte* header = segment.data() + offset;
  const std::size_t length = load_le<std::uint32_t>(header);
  if (length == 0 || length > kMaxRecordPayload || length > segment.size() - offset - kRecordHeaderBytes)
    return {};
  const Bytes payload = segment.subspan(offset + kRecordHeaderBytes, length);
  const std::uint32_t sum = crc32c(payload, crc32c({header, 4}));
  return sum == load_le<std::uint32_t>(header + 4) ? payload : Bytes{};
}

}  // namespace

std::string SegmentName::text() const {
  // More digits would be another form, and sort elsewhere.
  TORPOR_ASSERT(number <= kLast && began_s >= 0 && began_s <= kLastSecond, "log.a_name_keeps_its_form");
  char name[64];
  std::snprintf(name, sizeof name, "%0*llu-%0*lld%s", static_cast<int>(kNumberDigits),
                static_cast<unsigned long long>(number), static_cast<int>(kSecondsDigits),
                static_cast<long long>(began_s), kSuffix.data());
  return name;
}

std::optional<SegmentName> SegmentName::parse(std::string_view name) {
  if (name.size() != kNumberDigits + 1 + kSecondsDigits + kSuffix.size()) return std::nullopt;
  if (!name.ends_with(kSuffix) || name[kNumberDigits] != '-') return std::nullopt;
  const auto number = digits<std::uint64_t>(name.substr(0, kNumberDigits));
  const auto began = digits<std::int64_t>(name.substr(kNumberDigits + 1, kSecondsDigits));
  if (!number || !began) return std::nullopt;
  return SegmentName{*number, *began};
}

std::size_t frame_record(Bytes payload, MutableBytes out) {
  const std::size_t size = kRecordHeaderBytes + payload.size();
  TORPOR_ASSERT(!payload.empty() && payload.size() <= kMaxRecordPayload,
                "log.a_record_holds_something_that_fits");
  TORPOR_ASSERT(out.size() >= size, "log.a_frame_has_room");
  store_le(out.data(), static_cast<std::uint32_t>(payload.size()));
  // Over the length too: a length that flipped must not send the reader elsewhere.
  store_le(out.data() + 4, crc32c(payload, crc32c({out.data(), 4})));
  std::memcpy(out.data() + kRecordHeaderBytes, payload.data(), payload.size());
  // With the reader's own eyes, before it is made durable: the other half of this pair is
  // record_at, after it was read.
  TORPOR_ASSERT(equal(payload_at(out.first(size), 0), payload), "log.what_is_written_reads_back");
  return size;
}

RecordAt record_at(Bytes segment, std::size_t offset) {
  TORPOR_ASSERT(offset <= segment.size(), "log.reading_begins_inside_the_segment");
  if (offset == segment.size()) return {.kind = RecordAt::Kind::end, .next = offset};
  const Bytes payload = payload_at(segment, offset);
  if (!payload.empty()) {
    TORPOR_ASSERT(payload.data() + payload.size() <= segment.data() + segment.size(),
                  "log.a_record_ends_inside_its_segment");
    return {.kind = RecordAt::Kind::record,
            .payload = payload,
            .next = offset + kRecordHeaderBytes + payload.size()};
  }
  for (std::size_t at = offset + 1; at < segment.size(); ++at) {
    if (!payload_at(segment, at).empty()) return {.kind = RecordAt::Kind::damaged, .next = at};
  }
  // One append leaves at most one record's bytes. More than that was something else.
  const bool one_append = segment.size() - offset < kMaxRecordBytes;
  return {.kind = one_append ? RecordAt::Kind::torn : RecordAt::Kind::damaged, .next = segment.size()};
}

}  // namespace torpor
