// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/sign1.h"

// Whose signature counts on this device. Lives on the device, never inside what it
// judges. Freestanding: firmware may hold the same text in flash.
//
// Text, one entry a line; blank lines and lines that start with '#' are skipped:
//   trusted KEYID PUBLICKEY [SCOPE[,SCOPE]]   16 and 64 lower-case hex digits
//   revoked KEYID
// SCOPE is what the key may sign: contract, maintenance. A line without one may sign
// contracts and nothing else. A revocation takes all of it.
// Rotation: add the new key's line, deploy bundles signed by it, then revoke the old key.
// A revocation wins whatever the order of the lines. KEYID.pub holds one `trusted` line,
// so it is a trust file by itself, and files may be joined with cat.
namespace torpor {

inline constexpr std::size_t kMaxTrustEntries = 32;
inline constexpr std::size_t kMaxTrustBytes = 8192;

class TrustSet {
 public:
  enum class Standing : std::uint8_t { unknown, trusted, revoked };
  Standing standing(const KeyId& id) const;
  // The key of a trusted, not revoked entry; null otherwise.
  [[nodiscard]] const PublicKey* find(const KeyId& id) const;
  // Whether a trusted, not revoked entry has this scope.
  [[nodiscard]] bool may_sign(const KeyId& id, Scope scope) const;
  std::size_t size() const { return count_; }

 private:
  friend Result<TrustSet> parse_trust(Bytes text, std::string_view what);
  struct Entry {
    KeyId id{};
    PublicKey key{};
    bool revoked = false;
    bool may_sign[kScopes] = {};  // by Scope
  };
  static Status parse_line(std::string_view words, std::string_view what, std::size_t line, Entry& entry);
  Status add(const Entry& entry, std::string_view what, std::size_t line);
  Entry entries_[kMaxTrustEntries];
  std::size_t count_ = 0;
};

// Errors, with `what` and the line in `where`: trust_too_large, trust_syntax (also an unknown
// or repeated scope), trust_duplicate (the same statement twice, or two keys with one id), trust_key_id (the
// id is not that of the key), trust_too_many, trust_empty (no entry), key_weak.
Result<TrustSet> parse_trust(Bytes text, std::string_view what);

// The line a .pub file holds, without a scope, with its newline.
FixedString<96> trust_line(const PublicKey& key);

}  // namespace torpor
