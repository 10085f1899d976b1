// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/fixed_string.h"

// Bytes as people and text files write them: two lower-case digits a byte, most significant
// first, nothing between. No heap; freestanding.
namespace torpor {

template <std::size_t N>
constexpr FixedString<2 * N> hex(const std::array<std::byte, N>& bytes) {
  return FixedString<2 * N>().append_hex(bytes.data(), N);
}

// The first twelve digits of a digest: enough for a person to tell two apart, never to be
// compared by a program.
constexpr FixedString<12> short_hex(const Digest& digest) {
  return FixedString<12>().append_hex(digest.data(), 6);
}

// Exactly what hex() writes and nothing else: capitals, blanks and another length are
// refused, so that one key has one spelling. `out` is undefined after false.
template <std::size_t N>
[[nodiscard]] constexpr bool parse_hex(std::string_view text, std::array<std::byte, N>& out) {
  constexpr auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (text.size() != 2 * N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

}  // namespace torpor
