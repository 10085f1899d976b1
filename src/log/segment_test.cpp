// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/segment.h"

#include <gtest/gtest.h>

#include <vector>

namespace torpor {
namespace {

using Kind = RecordAt::Kind;

std::vector<std::byte> segment_of(const std::vector<std::string>& payloads) {
  std::vector<std::byte> segment;
  std::vector<std::byte> frame(kMaxRecordBytes);
  for (const std::string& payload : payloads) {
    const std::size_t size = frame_record(as_bytes(payload), frame);
    segment.insert(segment.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return segment;
}

std::string text_at(Bytes segment, std::size_t offset) {
  return std::string(as_text(record_at(segment, offset).payload));
}

TEST(SegmentName, comes_back_from_its_text) {
  const SegmentName name{.number = 42, .began_s = 1'800'000'000};
  EXPECT_EQ(name.text(), "0000000042-01800000000.tlog");
  EXPECT_EQ(SegmentName::parse(name.text()), name);
}

TEST(SegmentName, is_not_found_in_other_files) {
  for (const char* text : {"", "0000000042-01800000000.tlog.new.1", "0000000042-01800000000.tlog~",
                           "000000004x-01800000000.tlog", "-000000042-01800000000.tlog",
                           "0000000042--1800000000.tlog", "0000000042_01800000000.tlog"}) {
    EXPECT_FALSE(SegmentName::parse(text)) << text;
  }
}

TEST(Segment, gives_back_what_was_framed) {
  const auto segment = segment_of({"one", "three", std::string(kMaxRecordPayload, 'x')});
  EXPECT_EQ(text_at(segment, 0), "one");
  EXPECT_EQ(text_at(segment, 11), "three");
  EXPECT_EQ(record_at(segment, 24).payload.size(), kMaxRecordPayload);
  EXPECT_EQ(record_at(segment, segment.size()).kind, Kind::end);
}

TEST(Segment, has_the_checksum_the_format_names) {
  const auto segment = segment_of({"123456789"});
  EXPECT_EQ(load_le<std::uint32_t>(segment.data()), 9u);
  std::byte head[4];
  store_le<std::uint32_t>(head, 9);
  EXPECT_EQ(load_le<std::uint32_t>(segment.data() + 4), crc32c(as_bytes("123456789"), crc32c(head)));
}

TEST(Segment, every_cut_of_the_last_record_is_a_torn_tail) {
  const auto whole = segment_of({"first", "the second"});
  for (std::size_t size = 14; size < whole.size(); ++size) {
    const RecordAt at = record_at(Bytes(whole.data(), size), 13);
    EXPECT_EQ(at.kind, Kind::torn) << size;
    EXPECT_EQ(at.next, size);
  }
}

TEST(Segment, any_flipped_bit_before_a_whole_record_is_damage_up_to_it) {
  for (std::size_t offset = 13; offset < 13 + 18; ++offset) {
    for (int bit = 0; bit < 8; ++bit) {
      auto segment = segment_of({"first", "the second", "third"});
      segment[offset] ^= static_cast<std::byte>(1 << bit);
      const RecordAt at = record_at(segment, 13);
      ASSERT_EQ(at.kind, Kind::damaged) << offset << " " << bit;
      EXPECT_EQ(text_at(segment, at.next), "third");
    }
  }
}

TEST(Segment, zeros_after_a_power_loss_are_a_torn_tail_unless_they_are_too_many) {
  auto segment = segment_of({"first"});
  segment.resize(segment.size() + 500);
  EXPECT_EQ(record_at(segment, 13).kind, Kind::torn);
  segment.resize(13 + kMaxRecordBytes);
  EXPECT_EQ(record_at(segment, 13).kind, Kind::damaged);
}

}  // namespace
}  // namespace torpor
