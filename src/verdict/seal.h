// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <span>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/result.h"

// The frame all files of this folder share, docs/baseline.md:
//   magic (4)  version (4, LE)  payload length (4, LE)  CRC-32C of the payload (4, LE)  payload (CBOR)
namespace torpor {

// Numbers of eight bytes are carried as they lie in memory.
static_assert(std::endian::native == std::endian::little);

inline constexpr std::size_t kSealBytes = 16;

struct SealKind {
  std::string_view magic;  // 4 characters
  std::uint32_t version;
  Reason damaged;      // magic, length or CRC is wrong
  Reason unsupported;  // a version above ours
};

// Room for the payload inside `out`; empty when not even the frame fits.
inline MutableBytes payload_room(MutableBytes out) {
  return out.size() < kSealBytes ? MutableBytes{} : out.subspan(kSealBytes);
}

// Frames the payload that lies at payload_room(out).
Result<Bytes> seal(MutableBytes out, const SealKind& kind, const cbor::Writer& payload);

// The payload of one whole frame, checked.
Result<Bytes> unseal(Bytes bytes, const SealKind& kind, std::string_view where);

// Trivially copyable values as a byte string, bit for bit.
template <class T, std::size_t N>
Bytes raw_bytes(std::span<const T, N> values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size_bytes()};
}

// Copies a byte string of exactly this size back.
template <class T, std::size_t N>
Status take_raw(const Result<Bytes>& from, std::span<T, N> to) {
  if (!from) return from.error();
  if (from->size() != to.size_bytes()) return Error{Reason::cbor_type, "byte string", "another length", {}};
  if (!to.empty()) std::memcpy(to.data(), from->data(), from->size());
  return {};
}

}  // namespace torpor
