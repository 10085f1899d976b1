// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/seal.h"

namespace torpor {
namespace {

Error refuse(Reason reason, std::string_view where, std::string_view part, std::string_view found) {
  Error e{reason, {}, found, {}};
  e.where << where << ": " << part;
  return e;
}

}  // namespace

Result<Bytes> seal(MutableBytes out, const SealKind& kind, const cbor::Writer& payload) {
  TORPOR_TRY(const Bytes body, payload.finish());
  std::memcpy(out.data(), kind.magic.data(), 4);
  store_le(&out[4], kind.version);
  store_le(&out[8], static_cast<std::uint32_t>(body.size()));
  store_le(&out[12], crc32c(body));
  return Bytes(out.first(kSealBytes + body.size()));
}

Result<Bytes> unseal(Bytes bytes, const SealKind& kind, std::string_view where) {
  if (bytes.size() < kSealBytes || as_text(bytes.first(4)) != kind.magic) {
    Error e = refuse(kind.damaged, where, "magic", bytes.size() < kSealBytes ? "too short" : "other bytes");
    e.expected << kind.magic;
    return e;
  }
  if (const auto version = load_le<std::uint32_t>(&bytes[4]); version != kind.version) {
    Error e = refuse(version > kind.version ? kind.unsupported : kind.damaged, where, "version", {});
    e.found << version;
    e.expected << kind.version;
    return e;
  }
  const Bytes body = bytes.subspan(kSealBytes);
  if (const auto length = load_le<std::uint32_t>(&bytes[8]); length != body.size()) {
    Error e = refuse(kind.damaged, where, "length", {});
    e.found << body.size();
    e.expected << length;
    return e;
  }
  if (crc32c(body) != load_le<std::uint32_t>(&bytes[12]))
    return refuse(kind.damaged, where, "CRC-32C", "does not match the payload");
  return body;
}

}  // namespace torpor
