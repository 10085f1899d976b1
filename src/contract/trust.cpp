// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/trust.h"

#include "base/assertion.h"
#include "base/hex.h"
#include "contract/crypto.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

// The text up to the next `end`, which is consumed too.
std::string_view cut(std::string_view& rest, char end) {
  std::size_t at = 0;
  while (at < rest.size() && rest[at] != end) ++at;
  const std::string_view head(rest.data(), at);
  rest.remove_prefix(at < rest.size() ? at + 1 : at);
  return head;
}

Error fail(Reason reason, std::string_view what, std::size_t line, std::string_view found) {
  Error error{.reason = reason};
  error.where << what << ":" << line;
  error.found << found;
  return error;
}

// "contract,maintenance" into one flag a scope; nothing at all is contract alone. False: a word
// that is none, or one twice.
[[nodiscard]] bool take_scopes(std::string_view words, bool (&may_sign)[kScopes]) {
  if (words.empty()) {
    may_sign[static_cast<std::size_t>(Scope::contract)] = true;
    return true;
  }
  const bool ends_in_nothing = words.back() == ',';
  while (!words.empty()) {
    const std::string_view word = cut(words, ',');
    std::size_t scope = 0;
    while (scope < kScopes && name(static_cast<Scope>(scope)) != word) ++scope;
    if (scope == kScopes || may_sign[scope]) return false;
    may_sign[scope] = true;
  }
  return !ends_in_nothing;
}

}  // namespace

TrustSet::Standing TrustSet::standing(const KeyId& id) const {
  Standing standing = Standing::unknown;
  for (std::size_t i = 0; i < count_; ++i) {
    if (entries_[i].id != id) continue;
    if (entries_[i].revoked) return Standing::revoked;
    standing = Standing::trusted;
  }
  return standing;
}

const PublicKey* TrustSet::find(const KeyId& id) const {
  if (standing(id) != Standing::trusted) return nullptr;
  for (std::size_t i = 0; i < count_; ++i)
    if (entries_[i].id == id) return &entries_[i].key;
  TORPOR_ASSERT(false, "contract.a_trusted_id_has_its_key");
  return nullptr;
}

bool TrustSet::may_sign(const KeyId& id, Scope scope) const {
  if (standing(id) != Standing::trusted) return false;
  for (std::size_t i = 0; i < count_; ++i)
    if (entries_[i].id == id && entries_[i].may_sign[static_cast<std::size_t>(scope)]) return true;
  return false;
}

Status TrustSet::parse_line(std::string_view words, std::string_view what, std::size_t line, Entry& entry) {
  TORPOR_ASSERT(!words.empty(), "contract.an_empty_line_is_no_entry");
  const bool ends_in_blank = words.back() == ' ';
  const std::string_view verb = cut(words, ' ');
  const std::string_view id_word = cut(words, ' ');
  // A line that is neither is refused: a misspelt "revoked" must not leave a key trusted.
  entry.revoked = verb == "revoked"sv;
  bool well_formed = (entry.revoked || verb == "trusted"sv) && parse_hex(id_word, entry.id);
  if (well_formed && entry.revoked) {
    well_formed = words.empty();
  } else if (well_formed) {
    const std::string_view key_word = cut(words, ' ');
    // Nothing behind the key is the file of a version that knew one scope.
    well_formed = parse_hex(key_word, entry.key) && take_scopes(words, entry.may_sign);
  }
  if (!well_formed || ends_in_blank) {
    Error error = fail(Reason::trust_syntax, what, line, verb);
    error.expected << "trusted KEYID PUBLICKEY [contract,maintenance], or revoked KEYID, in lower case";
    return error;
  }
  // A revocation carries no key. One that is trusted must be sound,
  // and must be the one its id names, or one key would answer for another.
  if (entry.revoked) return {};
  FixedString<160> place;
  place << what << ":" << line;
  TORPOR_CHECK(check_public_key(entry.key, place));
  if (key_id(entry.key) != entry.id) return fail(Reason::trust_key_id, what, line, id_word);
  return {};
}

Status TrustSet::add(const Entry& entry, std::string_view what, std::size_t line) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (entries_[i].id == entry.id && entries_[i].revoked == entry.revoked)
      return fail(Reason::trust_duplicate, what, line, hex(entry.id));
  }
  if (count_ == kMaxTrustEntries) {
    Error error = fail(Reason::trust_too_many, what, line, ""sv);
    error.expected << "at most " << kMaxTrustEntries << " entries";
    return error;
  }
  entries_[count_++] = entry;
  return {};
}

Result<TrustSet> parse_trust(Bytes text, std::string_view what) {
  if (text.size() > kMaxTrustBytes)
    return fail(Reason::trust_too_large, what, 1, "more bytes than a trust file has"sv);
  TrustSet set;
  std::string_view rest = as_text(text);
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view words = cut(rest, '\n');
    if (words.empty() || words.front() == '#') continue;
    TrustSet::Entry entry;
    TORPOR_CHECK(TrustSet::parse_line(words, what, line, entry));
    TORPOR_CHECK(set.add(entry, what, line));
  }
  // One that revokes all it trusts says something, of each key: whose bundle it was is told so. One
  // without an entry is cut off, or being written.
  if (set.count_ > 0) return set;
  Error error{.reason = Reason::trust_empty};
  error.where << what;
  error.found << "no entry";
  return error;
}

FixedString<96> trust_line(const PublicKey& key) {
  const KeyId id = key_id(key);
  FixedString<96> line("trusted "sv);
  return line << hex(id) << " "sv << hex(key) << "\n"sv;
}

}  // namespace torpor
