// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "contract/sign1.h"

// The two functions a platform must bring. On a computer contract/sodium has them, from
// libsodium; firmware brings its own.
extern "C" {
// 1 when the signature is good, 0 otherwise. RFC 8032 without context; the encodings were
// checked before, so only the group equation is left.
int torpor_ed25519_verify(const std::uint8_t signature[64], const std::uint8_t* message,
                          std::size_t message_bytes, const std::uint8_t public_key[32]);
void torpor_sha256(const std::uint8_t* message, std::size_t message_bytes, std::uint8_t digest[32]);
}

namespace torpor {

Digest sha256(Bytes message);

// Ed25519 with one verdict on every platform: what implementations are known to disagree
// about is refused before torpor_ed25519_verify is asked. Errors: key_weak for a public
// key of small order or with y >= p; signature_malleable for S >= L or an R that is of
// small order or has y >= p; bundle_signature_size; bundle_signature otherwise.
Status check_signature(const PublicKey& key, Bytes message, Bytes signature, std::string_view what);

// key_weak as above.
Status check_public_key(const PublicKey& key, std::string_view what);

}  // namespace torpor
