// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "log/segment.h"

#include <gtest/gtest.h>

#include <vector>

#include "log/segment_walk.h"

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

RecordAt record_at(Bytes segment, std::size_t offset) { return SegmentWalk(segment, offset).next(); }

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

// The definition itself, at any cost: the first offset at which length and checksum are right.
std::size_t first_whole_record(Bytes segment, std::size_t from) {
  for (std::size_t at = from; at + kRecordHeaderBytes < segment.size(); ++at) {
    const std::size_t length = load_le<std::uint32_t>(segment.data() + at);
    if (length == 0 || length > kMaxRecordPayload || length > segment.size() - at - kRecordHeaderBytes)
      continue;
    const std::uint32_t sum =
        crc32c(segment.subspan(at + kRecordHeaderBytes, length), crc32c(segment.subspan(at, 4)));
    if (sum == load_le<std::uint32_t>(segment.data() + at + 4)) return at;
  }
  return segment.size();
}

struct Walked {
  std::size_t records = 0;
  std::uint64_t summed_bytes = 0;
  std::uint64_t judged = 0;
};
Walked walk_through(Bytes segment) {
  SegmentWalk walk(segment);
  Walked walked;
  for (;;) {
    const RecordAt at = walk.next();
    if (at.kind == Kind::record) ++walked.records;
    if (at.kind == Kind::end) break;
  }
  walked.summed_bytes = walk.summed_bytes();
  walked.judged = walk.judged();
  return walked;
}
void expect_linear(const std::vector<std::byte>& segment) {
  const Walked walked = walk_through(segment);
  EXPECT_LE(walked.summed_bytes, 2 * (segment.size() + kMaxRecordBytes));
  EXPECT_LE(walked.judged, 2 * segment.size());
}

TEST(SegmentWalk, costs_two_sums_a_byte_where_every_byte_looks_like_the_longest_record) {
  // ff 0f 00 00 at each fourth offset: 4,095 bytes. Each cost its own checksum, 4 GB in all.
  std::vector<std::byte> segment(kMaxSegmentBytes);
  for (std::size_t at = 0; at + 4 <= segment.size(); at += 4)
    store_le<std::uint32_t>(segment.data() + at, kMaxRecordPayload - 1);
  expect_linear(segment);
  // 01 01 00 00 01 01 00 00, and so on: 257 and 65,537 bytes in turn, at each second offset.
  for (std::size_t at = 0; at < segment.size(); ++at) segment[at] = std::byte{at % 4 < 2};
  expect_linear(segment);
}

TEST(SegmentWalk, costs_two_sums_a_byte_where_damage_and_whole_records_take_turns) {
  std::vector<std::byte> segment;
  std::vector<std::byte> frame(kMaxRecordBytes);
  std::size_t records = 0;
  while (segment.size() + 100 < kMaxSegmentBytes) {
    std::byte lie[4];
    store_le<std::uint32_t>(lie, kMaxRecordPayload);
    segment.insert(segment.end(), lie, lie + 4);
    const std::size_t size = frame_record(as_bytes("r"), frame);
    segment.insert(segment.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    ++records;
  }
  expect_linear(segment);
  EXPECT_EQ(walk_through(segment).records, records);
}

TEST(SegmentWalk, finds_behind_damage_exactly_what_the_format_calls_a_record) {
  std::uint32_t seed = 7;
  const auto random = [&](std::uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
  };
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> payloads;
    for (int i = 0; i < 12; ++i) {
      // Payloads that are full of plausible lengths themselves.
      std::string text(1 + random(round % 10 == 0 ? kMaxRecordPayload : 300), '\0');
      for (char& c : text) c = static_cast<char>(random(4) == 0 ? random(8) : 0);
      payloads.push_back(text);
    }
    auto segment = segment_of(payloads);
    for (int hits = 0; hits < 6; ++hits)
      segment[random(static_cast<std::uint32_t>(segment.size()))] ^= static_cast<std::byte>(1 + random(255));
    segment.resize(segment.size() - random(20));
    SegmentWalk walk(segment);
    for (std::size_t at = 0;;) {
      const RecordAt found = walk.next();
      if (found.kind == Kind::end) break;
      const std::size_t first = first_whole_record(segment, at);
      ASSERT_EQ(found.kind == Kind::record, first == at) << round << " at " << at;
      if (found.kind != Kind::record) {
        ASSERT_EQ(found.next, first) << round << " at " << at;
      }
      at = found.next;
    }
  }
}

}  // namespace
}  // namespace torpor
