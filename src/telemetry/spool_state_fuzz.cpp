// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <array>
#include <vector>

#include "telemetry/spool_state.h"

// Any bytes, also with a frame around them that is sound: what decodes must encode again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torpor;
  const Bytes input = {reinterpret_cast<const std::byte*>(data), size};
  std::vector<std::byte> framed(16);
  for (std::size_t i = 0; i < 4; ++i) framed[i] = static_cast<std::byte>("TCUR"[i]);
  store_le(&framed[4], std::uint32_t{1});
  store_le(&framed[8], static_cast<std::uint32_t>(size));
  store_le(&framed[12], crc32c(input));
  framed.insert(framed.end(), input.begin(), input.end());
  for (const Bytes bytes : {input, Bytes(framed)}) {
    const auto state = decode_spool_state(bytes, "fuzz");
    if (!state) continue;
    std::array<std::byte, kMaxSpoolStateBytes> out;
    if (!encode_spool_state(*state, out)) __builtin_trap();
  }
  return 0;
}
