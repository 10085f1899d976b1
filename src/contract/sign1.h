// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"

// The envelope of a bundle: one narrow profile of COSE_Sign1 (RFC 9052). Freestanding.
//
//   18([ h'protected', {}, h'payload', h'signature' ])
//   protected = {1: -8 (EdDSA), 3: kContentType, 4: h'key id'}
//   signed    = ["Signature1", h'protected', h'kExternalAad', h'payload']
//
// Anything else is refused by name: another tag, another header, anything unprotected.
namespace torpor {

inline constexpr std::size_t kMaxBundleBytes = 4096;
inline constexpr std::size_t kSignatureBytes = 64;
inline constexpr std::string_view kContentType = "application/torpor-contract+cbor";
inline constexpr std::string_view kExternalAad = "torpor-contract-v1";

using KeyId = std::array<std::byte, 8>;  // first 8 bytes of SHA-256 of the public key
using PublicKey = std::array<std::byte, 32>;
KeyId key_id(const PublicKey& key);

// Views into the bundle.
struct Sign1 {
  Bytes protected_header;
  KeyId key_id{};
  Bytes payload;
  Bytes signature;
};

// Takes an envelope apart without judging its signature or looking into its payload.
// Errors, with `what` and the offset in `where`: bundle_too_large, bundle_truncated,
// bundle_not_deterministic, bundle_trailing, bundle_not_sign1, bundle_algorithm,
// bundle_content_type, bundle_key_id, bundle_header, bundle_unprotected, bundle_no_payload,
// bundle_no_signature, bundle_signature_size.
Result<Sign1> parse_sign1(Bytes bundle, std::string_view what);

// The protected header of this profile for a key.
Result<Bytes> write_protected_header(const KeyId& key, MutableBytes out);
// The bytes a signature is made over. cbor_no_room when `out` is too small; payload plus
// kSignedOverhead is enough for this profile.
inline constexpr std::size_t kSignedOverhead = 128;
Result<Bytes> write_signed_bytes(Bytes protected_header, Bytes external_aad, Bytes payload, MutableBytes out);
// The whole envelope.
Result<Bytes> write_sign1(const Sign1& parts, MutableBytes out);

}  // namespace torpor
