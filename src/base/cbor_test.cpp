// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/cbor.h"

#include <gtest/gtest.h>

#include <vector>

namespace torpor::cbor {
namespace {

std::vector<std::byte> raw(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST(CborWriter, integers_take_their_shortest_head) {
  const std::pair<std::int64_t, std::vector<std::byte>> kCases[] = {
      {0, raw({0x00})},
      {23, raw({0x17})},
      {24, raw({0x18, 24})},
      {255, raw({0x18, 0xff})},
      {256, raw({0x19, 1, 0})},
      {65536, raw({0x1a, 0, 1, 0, 0})},
      {-1, raw({0x20})},
      {-24, raw({0x37})},
      {-25, raw({0x38, 24})},
      {-257, raw({0x39, 1, 0})},
      {4294967296, raw({0x1b, 0, 0, 0, 1, 0, 0, 0, 0})},
  };
  for (const auto& [value, want] : kCases) {
    std::byte room[16];
    Writer w(room);
    w.integer(value);
    EXPECT_TRUE(equal(*w.finish(), want)) << value;
    Reader r(want);
    EXPECT_EQ(*r.integer(), value);
    EXPECT_TRUE(r.finish().ok());
  }
}

TEST(CborWriter, reports_that_its_room_was_too_small_and_stays_inside_it) {
  std::byte room[4] = {};
  room[3] = std::byte{0x5a};
  Writer w(MutableBytes(room, 3));
  w.text("four");
  EXPECT_EQ(w.finish().error().reason, Reason::cbor_no_room);
  EXPECT_EQ(room[3], std::byte{0x5a});
}

TEST(CborReader, refuses_every_longer_head_than_needed) {
  for (const auto& bad : {raw({0x18, 23}), raw({0x19, 0, 255}), raw({0x1a, 0, 0, 255, 255}),
                          raw({0x1b, 0, 0, 0, 0, 255, 255, 255, 255})}) {
    Reader r(bad);
    EXPECT_EQ(r.uint().error().reason, Reason::cbor_not_deterministic);
  }
}

TEST(CborReader, refuses_indefinite_lengths_floats_and_null) {
  const auto open_ended = raw({0x5f});
  Reader indefinite(open_ended);
  EXPECT_EQ(indefinite.bytes().error().reason, Reason::cbor_not_deterministic);
  const auto float_bytes = raw({0xf9, 0x3c, 0x00});
  Reader half(float_bytes);
  EXPECT_EQ(half.boolean().error().reason, Reason::cbor_type);
  const auto null_byte = raw({0xf6});
  Reader null(null_byte);
  EXPECT_EQ(null.boolean().error().reason, Reason::cbor_type);
}

TEST(CborReader, a_failure_sticks) {
  const auto bad = raw({0x61, 0x80, 0x01});
  Reader r(bad);
  EXPECT_EQ(r.text().error().reason, Reason::cbor_type);
  EXPECT_EQ(r.uint().error().reason, Reason::cbor_type);
  EXPECT_TRUE(r.failed());
}

TEST(CborReader, refuses_counts_larger_than_the_input) {
  const auto bad = raw({0x9a, 0xff, 0xff, 0xff, 0xff});
  Reader r(bad);
  EXPECT_EQ(r.array().error().reason, Reason::cbor_truncated);
}

TEST(CborReader, skip_refuses_nesting_beyond_its_bound) {
  std::vector<std::byte> deep(64, std::byte{0x81});
  deep.push_back(std::byte{0});
  Reader r(deep);
  EXPECT_EQ(r.skip().error().reason, Reason::cbor_type);
}

TEST(CborMapReader, refuses_repeated_and_unsorted_keys) {
  for (const auto& bad : {raw({0xa2, 1, 0, 1, 0}), raw({0xa2, 2, 0, 1, 0}), raw({0xa2, 0x20, 0, 1, 0})}) {
    Reader r(bad);
    MapReader map(r);
    while (map.next()) ASSERT_TRUE(map.skip().ok());
    EXPECT_EQ(map.status().error().reason, Reason::cbor_not_deterministic);
  }
}

TEST(Crc32c, matches_the_published_check_value) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(as_bytes("56789"), crc32c(as_bytes("1234"))), 0xe3069283u);
}

TEST(FixedString, marks_what_it_cut) {
  FixedString<4> s("abcdef");
  EXPECT_EQ(s.view(), "abc~");
  FixedString<24> n;
  n << -9223372036854775807 - 1;
  EXPECT_EQ(n.view(), "-9223372036854775808");
}

}  // namespace
}  // namespace torpor::cbor
