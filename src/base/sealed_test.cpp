// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/sealed.h"

#include <gtest/gtest.h>

#include <vector>

namespace torpor {
namespace {

constexpr SealKind kKind{.magic = "TTST",
                         .version = 3,
                         .damaged = Reason::spool_cursor_damaged,
                         .unsupported = Reason::spool_cursor_version};

class Sealed : public ::testing::Test {
 protected:
  // A text under the frame of some version.
  std::vector<std::byte> file(std::uint32_t version = 3) {
    std::vector<std::byte> out(64);
    cbor::Writer writer(payload_room(out));
    writer.text("payload");
    SealKind kind = kKind;
    kind.version = version;
    const auto sealed = seal(out, kind, writer);
    EXPECT_TRUE(sealed.ok());
    out.resize(sealed->size());
    return out;
  }
  Error refused(Bytes bytes) {
    const auto read = unseal(bytes, kKind, "a/file");
    EXPECT_FALSE(read.ok());
    return read.ok() ? Error{} : read.error();
  }
};

TEST_F(Sealed, gives_back_the_payload_it_was_given) {
  const auto bytes = file();
  const auto payload = unseal(bytes, kKind, "a/file");
  ASSERT_TRUE(payload.ok());
  cbor::Reader reader(*payload, "test");
  EXPECT_EQ(*reader.text(), "payload");
}

TEST_F(Sealed, every_broken_bit_is_damage) {
  const auto good = file();
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    const Error error = refused(bytes);
    const bool newer = error.reason == kKind.unsupported && bit / 8 >= 4 && bit / 8 < 8;
    EXPECT_TRUE(error.reason == kKind.damaged || newer) << bit;
  }
}

TEST_F(Sealed, every_torn_tail_is_damage) {
  const auto good = file();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(refused(Bytes(good).first(size)).reason, kKind.damaged) << size;
}

TEST_F(Sealed, a_newer_version_is_not_damage_and_an_older_one_is) {
  EXPECT_EQ(refused(file(4)).reason, kKind.unsupported);
  const Error older = refused(file(2));
  EXPECT_EQ(older.reason, kKind.damaged);
  EXPECT_EQ(one_line(older).view(), "spool_cursor_damaged: a/file: version: found 2, expected 3");
}

TEST_F(Sealed, a_payload_that_was_written_elsewhere_is_a_bug) {
  std::vector<std::byte> out(64), elsewhere(64);
  cbor::Writer writer{MutableBytes(elsewhere)};
  writer.text("payload");
  EXPECT_EXIT((void)seal(out, kKind, writer), ::testing::ExitedWithCode(70),
              "sealed.the_payload_lies_behind_its_frame");
}

TEST_F(Sealed, no_room_for_the_frame_is_an_error) {
  std::vector<std::byte> out(kSealBytes - 1);
  cbor::Writer writer(payload_room(out));
  writer.text("payload");
  EXPECT_EQ(seal(out, kKind, writer).error().reason, Reason::cbor_no_room);
}

}  // namespace
}  // namespace torpor
