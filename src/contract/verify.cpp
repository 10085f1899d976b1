// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/verify.h"

#include "base/assertion.h"
#include "base/hex.h"
#include "contract/crypto.h"
#include "contract/payload.h"
#include "contract/rules.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen

class ContractMaker {
 public:
  static Contract make(const Terms& terms, const Digest& digest) {
    Contract contract;
    contract.terms_ = terms;
    contract.digest_ = digest;
    return contract;
  }
};

namespace {

Result<PublicKey> trusted_key(const KeyId& id, const TrustSet& trust, std::string_view what) {
  if (const PublicKey* key = trust.find(id)) return *key;
  // Two refusals: a revoked key may have been stolen, an unknown one was never given to this device.
  const bool revoked = trust.standing(id) == TrustSet::Standing::revoked;
  Error error{.reason = revoked ? Reason::bundle_key_revoked : Reason::bundle_key_unknown};
  error.where << what << ": kid";
  error.found << hex(id);
  error.expected << "a key the trust file trusts" << (revoked ? " and does not revoke"sv : ""sv);
  return error;
}

}  // namespace

Result<Contract> verify(Bytes bundle, const TrustSet& trust, std::string_view what) {
  TORPOR_TRY(const Sign1 parts, parse_sign1(bundle, what));
  TORPOR_TRY(const PublicKey key, trusted_key(parts.key_id, trust, what));
  // Before the signature: it bounds the memory the signature is checked in.
  if (parts.payload.size() > kMaxPayloadBytes) {
    Error error{.reason = Reason::bundle_too_large};
    error.where << what << ": payload";
    error.found << parts.payload.size() << " bytes";
    error.expected << "at most " << kMaxPayloadBytes;
    return error;
  }
  {
    // In a block of its own: 2 KiB of stack that are free again before the payload is decoded.
    std::byte room[kMaxPayloadBytes + kSignedOverhead];
    TORPOR_TRY(const Bytes message,
               write_signed_bytes(parts.protected_header, as_bytes(kExternalAad), parts.payload, room));
    TORPOR_CHECK(check_signature(key, message, parts.signature, what));
  }
  // Only now: what nobody trusted has signed is never parsed.
  TORPOR_TRY(const Terms terms, decode_payload(parts.payload, what));
  TORPOR_CHECK(check_rules(terms, what));
  // What the roles size their memory and their waits by.
  TORPOR_ASSERT(terms.sensor_count >= 1 && terms.duty.period_ms() > terms.power.awake_limit_ms,
                "contract.a_contract_keeps_its_rules");
  return ContractMaker::make(terms, sha256(parts.payload));
}

Result<Bytes> unverified_payload(Bytes bundle, std::string_view what) {
  TORPOR_TRY(const Sign1 parts, parse_sign1(bundle, what));
  return parts.payload;
}

}  // namespace torpor
