// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>

#include "base/result.h"
#include "contract/contract.h"

// Terms to and from the payload of a bundle: one CBOR map in the profile of base/cbor.h,
// laid out by the field table. Freestanding, no heap. Nothing here makes a Contract.
namespace torpor {

inline constexpr std::size_t kMaxPayloadBytes = 2048;

// Encodes into memory of the caller and returns what was written. Errors: those of
// check_value() for a value the field may not have, cbor_no_room.
Result<Bytes> encode_payload(const Terms& terms, MutableBytes out);

// Reads a payload. `what` names its origin in errors. Every refusal has its own reason:
// contract_unknown_field, contract_missing_field, contract_duplicate_field,
// contract_wrong_type, contract_out_of_range, contract_bad_text,
// contract_schema_unsupported, and for the bytes themselves bundle_truncated,
// bundle_not_deterministic, bundle_trailing. The result is encoded again and compared,
// so there is exactly one payload for given terms.
Result<Terms> decode_payload(Bytes payload, std::string_view what);

// More differences than two payloads can have.
inline constexpr std::size_t kMaxDifferences = 96;
struct FieldDifference {
  FixedString<48> field;  // "duty.sleep_ms", "sensors[1].rate_mhz", or "payload"
  FixedString<72> a;
  FixedString<72> b;
};

// How two payloads differ; neither needs to be signed. Duty, power and queue come first,
// validity and sequence last; else the order is that of the field table. Returns how many fields differ and
// fills as many elements of `out` as there are. A payload that cannot be read counts as one difference named
// "payload", whose text is the reason. Sensors that only one side has differ in "sensors".
std::size_t differing_fields(Bytes payload_a, Bytes payload_b, std::span<FieldDifference> out);

}  // namespace torpor
