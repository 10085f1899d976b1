// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/segment.h"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/assertion.h"
#include "log/segment_walk.h"

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
  // With the reader's own eyes, before it is made durable.
  TORPOR_ASSERT(equal(SegmentWalk(out.first(size)).next().payload, payload),
                "log.what_is_written_reads_back");
  return size;
}

}  // namespace torpor
