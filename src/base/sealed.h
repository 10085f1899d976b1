// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/result.h"

// The frame around what torpor keeps in a file of its own (docs/baseline.md,
// docs/telemetry.md), so that a torn, foreign or newer file is known for what it is:
//
//   magic (4)  version (4, LE)  payload length (4, LE)  CRC-32C of the payload (4, LE)  payload (CBOR)
//
// No heap.
namespace torpor {

inline constexpr std::size_t kSealBytes = 16;

// What a file of one kind is called and how it is refused.
struct SealKind {
  std::string_view magic;  // 4 characters
  std::uint32_t version;
  Reason damaged;                  // magic, length or CRC is wrong, or a version below ours
  Reason unsupported;              // a version above ours: a newer torpor wrote it
  std::uint32_t oldest = version;  // the lowest version that is read
};

// Room for the payload inside `out`; empty when not even the frame fits.
inline MutableBytes payload_room(MutableBytes out) {
  return out.size() < kSealBytes ? MutableBytes{} : out.subspan(kSealBytes);
}

// Frames the payload, which was written into payload_room(out) and nowhere else: the whole
// file, at the start of `out`. Error: the writer's, cbor_no_room.
Result<Bytes> seal(MutableBytes out, const SealKind& kind, const cbor::Writer& payload);

// The payload of one whole frame, checked. Errors: kind.damaged, kind.unsupported, with
// "where: part" at fault.
Result<Bytes> unseal(Bytes bytes, const SealKind& kind, std::string_view where);

}  // namespace torpor
