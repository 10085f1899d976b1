// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/files.h"
#include "contract/sign1.h"

namespace torpor {

// An Ed25519 key pair. The seed is wiped from memory when the last copy goes.
class SigningKey {
 public:
  using Seed = std::array<std::byte, 32>;
  static SigningKey from_seed(const Seed& seed);
  // From the operating system's random source.
  static SigningKey generate();
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey();

  const PublicKey& public_key() const { return public_key_; }
  KeyId id() const { return key_id(public_key_); }
  const Seed& seed() const { return seed_; }
  std::array<std::byte, kSignatureBytes> sign(Bytes message) const;

 private:
  SigningKey() = default;
  Seed seed_{};
  PublicKey public_key_{};
};

struct KeyPaths {
  std::string private_key;  // DIR/KEYID.key, mode 0600
  std::string public_key;   // DIR/KEYID.pub, mode 0644, a trust file
};

// Writes both files, private key first. Nothing is ever overwritten: file_exists.
Result<KeyPaths> write_key_files(Files& files, const std::string& directory, const SigningKey& key);

// Reads KEYID.key. Errors: those of Files, key_file_unsafe when group or world may read
// or write it, key_file_syntax, key_file_mismatch when its id is not that of its seed.
Result<SigningKey> load_signing_key(Files& files, const std::string& path);

}  // namespace torpor
