// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/sealed.h"

#include "base/assertion.h"

namespace torpor {
namespace {

// The frame in front of every small durable file: magic, version, length, CRC-32C of the payload, each 4
// bytes, little endian (docs/telemetry.md shows one).
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kCrcAt = 12;

}  // namespace

Result<Bytes> seal(MutableBytes out, const SealKind& kind, const cbor::Writer& payload) {
  TORPOR_ASSERT(kind.magic.size() == kVersionAt, "sealed.a_magic_has_four_characters");
  TORPOR_TRY(const Bytes body, payload.finish());
  // The payload was written in place; anywhere else it would have to be moved, and might overlap itself.
  TORPOR_ASSERT(body.data() == payload_room(out).data(), "sealed.the_payload_lies_behind_its_frame");
  std::memcpy(out.data(), kind.magic.data(), kind.magic.size());
  store_le(&out[kVersionAt], kind.version);
  store_le(&out[kLengthAt], static_cast<std::uint32_t>(body.size()));
  store_le(&out[kCrcAt], crc32c(body));
  return Bytes(out.first(kSealBytes + body.size()));
}

Result<Bytes> unseal(Bytes bytes, const SealKind& kind, std::string_view where) {
  TORPOR_ASSERT(kind.magic.size() == kVersionAt, "sealed.a_magic_that_is_read_has_four_characters");
  // Magic first: of another file neither version nor length mean anything. Size with it, or the loads below
  // would read beyond the end.
  if (bytes.size() < kSealBytes || as_text(bytes.first(kVersionAt)) != kind.magic) {
    return Error{.reason = kind.damaged}
        .at(where, ": magic")
        .saw(bytes.size() < kSealBytes ? "too short" : "other bytes")
        .want(kind.magic);
  }
  // Before the length: what a newer version writes behind its number is not ours to judge.
  if (const auto version = load_le<std::uint32_t>(&bytes[kVersionAt]);
      version > kind.version || version < kind.oldest) {
    return Error{.reason = version > kind.version ? kind.unsupported : kind.damaged}
        .at(where, ": version")
        .saw(version)
        .want(kind.version);
  }
  const Bytes body = bytes.subspan(kSealBytes);
  if (const auto length = load_le<std::uint32_t>(&bytes[kLengthAt]); length != body.size())
    return Error{.reason = kind.damaged}.at(where, ": length").saw(body.size()).want(length);
  // The sum last and over the payload alone: each field before it has just been compared with the one value
  // it may have.
  if (crc32c(body) != load_le<std::uint32_t>(&bytes[kCrcAt]))
    return Error{.reason = kind.damaged}.at(where, ": CRC-32C").saw("does not match the payload");
  return body;
}

}  // namespace torpor
