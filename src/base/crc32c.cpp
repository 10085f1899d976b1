// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/bytes.h"

namespace torpor {
namespace {

struct Table {
  std::uint32_t at[256];
};

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    // Castagnoli's polynomial (1993), bit-reversed, as iSCSI uses it (RFC 3720): at the length of our records
    // it tells more flipped bits apart than the one of zip.
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78u : 0u);
    table.at[i] = c;
  }
  return table;
}

// One kilobyte, made by the compiler: in flash on a microcontroller, and never half-made at start.
constexpr Table kTable = make_table();

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t previous) {
  // Inverted on the way in and out, so that leading zeros count and a sum over parts equals the one over
  // all.
  std::uint32_t c = ~previous;
  for (std::byte b : bytes) c = (c >> 8) ^ kTable.at[(c ^ static_cast<std::uint32_t>(b)) & 0xff];
  return ~c;
}

}  // namespace torpor
