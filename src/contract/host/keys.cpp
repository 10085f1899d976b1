// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/keys.h"

#include <sodium.h>

#include "base/assertion.h"
#include "base/hex.h"
#include "contract/trust.h"

namespace torpor {
namespace {

constexpr std::string_view kKeyWord = "torpor-key";
constexpr std::size_t kMaxKeyFileBytes = 256;

std::uint8_t* raw(std::byte* bytes) { return reinterpret_cast<std::uint8_t*>(bytes); }
const std::uint8_t* raw(const std::byte* bytes) { return reinterpret_cast<const std::uint8_t*>(bytes); }

void start_sodium() {
  // Picks the fastest code for this machine and opens the random source; 1 = done before.
  const int started = sodium_init();
  TORPOR_ASSERT(started >= 0, "contract.libsodium_starts");
}

}  // namespace

SigningKey SigningKey::from_seed(const Seed& seed) {
  start_sodium();
  SigningKey key;
  key.seed_ = seed;
  // Secrets are wiped where they stood: memory is swapped, dumped and used again.
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  crypto_sign_seed_keypair(raw(key.public_key_.data()), secret.data(), raw(seed.data()));
  sodium_memzero(secret.data(), secret.size());
  return key;
}

SigningKey SigningKey::generate() {
  start_sodium();
  Seed seed;
  randombytes_buf(seed.data(), seed.size());
  SigningKey key = from_seed(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

SigningKey::~SigningKey() { sodium_memzero(seed_.data(), seed_.size()); }

std::array<std::byte, kSignatureBytes> SigningKey::sign(Bytes message) const {
  PublicKey unused;
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  crypto_sign_seed_keypair(raw(unused.data()), secret.data(), raw(seed_.data()));
  std::array<std::byte, kSignatureBytes> signature;
  crypto_sign_detached(raw(signature.data()), nullptr, raw(message.data()), message.size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return signature;
}

Result<KeyPaths> write_key_files(Files& files, const std::string& directory, const SigningKey& key) {
  const KeyId id = key.id();
  const std::string stem = directory + "/" + std::string(hex(id));
  // A private key that cannot be read back is lost: nothing ever writes it again.
  TORPOR_ASSERT(SigningKey::from_seed(key.seed()).id() == id, "contract.a_key_file_holds_its_key");
  KeyPaths paths{stem + ".key", stem + ".pub"};
  TORPOR_CHECK(files.make_directories(directory));
  std::string text =
      std::string(kKeyWord) + " " + std::string(hex(id)) + " " + std::string(hex(key.seed())) + "\n";
  const Status written = files.create(paths.private_key, as_bytes(text), 0600);
  sodium_memzero(text.data(), text.size());
  TORPOR_CHECK(written);
  // The private key first: a public one without it would be trusted and could never sign.
  TORPOR_CHECK(files.create(paths.public_key, as_bytes(trust_line(key.public_key())), 0644));
  return paths;
}

Result<SigningKey> load_signing_key(Files& files, const std::string& path) {
  TORPOR_TRY(const FileFacts facts, files.facts(path));
  // Mode before content: a key that others could read is used up, however sound it is.
  if ((facts.mode & 077) != 0) {
    Error error{.reason = Reason::key_file_unsafe};
    error.where << path;
    error.found << "mode 0" << ((facts.mode >> 6) & 7) << ((facts.mode >> 3) & 7) << (facts.mode & 7);
    error.expected << "0600: nothing for group and world";
    return error;
  }
  TORPOR_TRY(std::vector<std::byte> content, files.read(path, kMaxKeyFileBytes));
  Error error{.reason = Reason::key_file_syntax};
  error.where << path;
  error.expected << kKeyWord << " KEYID SEED";
  const std::string_view text = as_text(content);
  // One exact shape, no blanks to spare: only write_key_files() writes these.
  const std::size_t id_at = kKeyWord.size() + 1;
  const std::size_t seed_at = id_at + 2 * sizeof(KeyId) + 1;
  const std::size_t end = seed_at + 2 * sizeof(SigningKey::Seed) + 1;
  KeyId id;
  SigningKey::Seed seed;
  const bool shaped = text.size() == end && text.starts_with(kKeyWord) && text[id_at - 1] == ' ' &&
                      text[seed_at - 1] == ' ' && text.back() == '\n' &&
                      parse_hex(text.substr(id_at, 2 * sizeof(KeyId)), id) &&
                      parse_hex(text.substr(seed_at, 2 * sizeof(seed)), seed);
  sodium_memzero(content.data(), content.size());
  if (!shaped) return error;
  const SigningKey key = SigningKey::from_seed(seed);
  sodium_memzero(seed.data(), seed.size());
  if (key.id() != id) {
    error.reason = Reason::key_file_mismatch;
    error.found << hex(id);
    error.expected.clear();
    error.expected << hex(key.id()) << ", the id of its seed";
    return error;
  }
  return key;
}

}  // namespace torpor
