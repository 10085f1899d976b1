// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace torpor {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using Digest = std::array<std::byte, 32>;  // SHA-256

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Little-endian integers at any alignment, on any host.
template <std::unsigned_integral T>
constexpr T load_le(const std::byte* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(static_cast<T>(from[i]) << (8 * i)));
  return value;
}
template <std::unsigned_integral T>
constexpr void store_le(std::byte* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

// CRC-32C (Castagnoli, reflected 0x82f63b78, initial and final complement; check value
// of "123456789" is 0xe3069283). Pass the previous result to go on over more bytes.
std::uint32_t crc32c(Bytes bytes, std::uint32_t previous = 0);

}  // namespace torpor
