// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/hex.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

using Four = std::array<std::byte, 4>;
constexpr Four kBytes{std::byte{0x00}, std::byte{0xff}, std::byte{0x1a}, std::byte{0xb2}};

TEST(Hex, writes_two_lower_case_digits_a_byte) { EXPECT_EQ(hex(kBytes).view(), "00ff1ab2"); }

TEST(Hex, reads_back_what_it_writes) {
  Four read{};
  ASSERT_TRUE(parse_hex("00ff1ab2", read));
  EXPECT_EQ(read, kBytes);
}

TEST(Hex, has_one_spelling) {
  Four read{};
  for (const auto text : {"00FF1AB2", "00ff1ab", "00ff1ab20", "00ff1ag2", "00 ff1ab", "0x00ff1a", ""})
    EXPECT_FALSE(parse_hex(text, read)) << text;
}

TEST(Hex, short_form_is_the_first_twelve_digits) {
  Digest digest{};
  digest[0] = std::byte{0xab};
  digest[5] = std::byte{0xcd};
  digest[6] = std::byte{0xef};
  EXPECT_EQ(short_hex(digest).view(), "ab00000000cd");
}

}  // namespace
}  // namespace torpor
