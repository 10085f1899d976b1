// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"

// The envelope of all that is signed: one narrow profile of COSE_Sign1 (RFC 9052).
// Freestanding.
//
//   18([ h'protected', {}, h'payload', h'signature' ])
//   protected = {1: -8 (EdDSA), 3: content_type(scope), 4: h'key id'}
//   signed    = ["Signature1", h'protected', h'external_aad(scope)', h'payload']
//
// Anything else is refused by name: another tag, another header, anything unprotected.
namespace torpor {

inline constexpr std::size_t kMaxBundleBytes = 4096;
inline constexpr std::size_t kSignatureBytes = 64;

// What a signature is for. Both names of a scope go into what is signed, so that nothing that
// was signed for one can be given out as the other; the trust file says which key may sign
// for which (contract/trust.h).
enum class Scope : std::uint8_t { contract, maintenance };
inline constexpr std::size_t kScopes = 2;
std::string_view name(Scope scope);          // as in the trust file
std::string_view content_type(Scope scope);  // "application/torpor-contract+cbor"
std::string_view external_aad(Scope scope);  // "torpor-contract-v1"

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
// bundle_content_type (also what was signed for another scope), bundle_key_id,
// bundle_header, bundle_unprotected, bundle_no_payload, bundle_no_signature,
// bundle_signature_size.
Result<Sign1> parse_sign1(Bytes bundle, Scope scope, std::string_view what);

// The protected header of this profile for a key.
Result<Bytes> write_protected_header(Scope scope, const KeyId& key, MutableBytes out);
// The bytes a signature is made over. cbor_no_room when `out` is too small; payload plus
// kSignedOverhead is enough for this profile.
inline constexpr std::size_t kSignedOverhead = 128;
Result<Bytes> write_signed_bytes(Bytes protected_header, Bytes external_aad, Bytes payload, MutableBytes out);
// The whole envelope.
Result<Bytes> write_sign1(const Sign1& parts, MutableBytes out);

}  // namespace torpor
