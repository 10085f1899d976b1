// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

// Numbers of eight bytes inside this room's CBOR, carried as they lie in memory:
// docs/baseline.md.
namespace torpor {

static_assert(std::endian::native == std::endian::little);

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
