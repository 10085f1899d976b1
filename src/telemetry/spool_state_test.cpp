// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/spool_state.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/sealed.h"

namespace torpor {
namespace {

// What a torpor that knew `kinds` kinds of breach, of which the first happened `first` times,
// would have written.
std::vector<std::byte> cursor_of(std::size_t kinds, std::uint8_t first) {
  SpoolState state;
  state.head.totals.breaches[0] = state.cursor.totals.breaches[0] = first;
  state.lost = 7;
  std::vector<std::byte> room(kMaxSpoolStateBytes);
  const auto written = encode_spool_state(state, room);
  EXPECT_TRUE(written.ok());
  constexpr std::byte kList{0x80};  // of up to 23 items
  std::vector<std::byte> out;
  for (std::size_t i = 0; i < written->size(); ++i) {
    out.push_back((*written)[i]);
    const bool breaches = i + 1 < written->size() && (*written)[i + 1] == std::byte{first} &&
                          (*written)[i] == (kList | std::byte{kBreachKinds});
    if (!breaches) continue;
    out.back() = kList | static_cast<std::byte>(kinds);
    out.push_back(std::byte{first});
    for (std::size_t k = 1; k < kinds; ++k) out.push_back({});
    i += kBreachKinds;
  }
  store_le(&out[8], static_cast<std::uint32_t>(out.size() - kSealBytes));
  store_le(&out[12], crc32c(Bytes(out).subspan(kSealBytes)));
  return out;
}

TEST(SpoolState, a_cursor_of_a_torpor_that_knew_fewer_kinds_of_breach_is_read) {
  for (std::size_t kinds = 7; kinds <= kBreachKinds; ++kinds) {
    const auto bytes = cursor_of(kinds, 5);
    const auto read = decode_spool_state(bytes, "cursor");
    ASSERT_TRUE(read.ok()) << kinds << ": " << one_line(read.error()).view();
    EXPECT_EQ(read->head.totals.breaches[0], 5u);
    EXPECT_EQ(read->cursor.totals.breaches[0], 5u);
    EXPECT_EQ(read->head.totals.breaches.back(), 0u);
    EXPECT_EQ(read->lost, 7u) << "what follows the list is where it was";
  }
}

TEST(SpoolState, a_cursor_with_more_kinds_than_are_known_is_not_guessed_at) {
  const auto read = decode_spool_state(cursor_of(kBreachKinds + 1, 5), "cursor");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().reason, Reason::spool_cursor_damaged);
}

}  // namespace
}  // namespace torpor
