// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <sodium.h>

#include "contract/crypto.h"

extern "C" int torpor_ed25519_verify(const std::uint8_t signature[64], const std::uint8_t* message,
                                     std::size_t message_bytes, const std::uint8_t public_key[32]) {
  return crypto_sign_verify_detached(signature, message, message_bytes, public_key) == 0 ? 1 : 0;
}

extern "C" void torpor_sha256(const std::uint8_t* message, std::size_t message_bytes,
                              std::uint8_t digest[32]) {
  crypto_hash_sha256(digest, message, message_bytes);
}
