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

Status check_key(const KeyId& id, Scope scope, const TrustSet& trust, std::string_view what) {
  const TrustSet::Standing standing = trust.standing(id);
  if (standing == TrustSet::Standing::trusted && trust.may_sign(id, scope)) return {};
  Error error;
  error.where << what << ": kid";
  error.found << hex(id);
  // Three refusals: a revoked key may have been stolen, an unknown one was never given to this
  // device, and one of another scope is in hands that were given something else.
  if (standing == TrustSet::Standing::revoked) {
    error.reason = Reason::bundle_key_revoked;
    error.expected << "a key the trust file trusts and does not revoke";
  } else if (standing == TrustSet::Standing::unknown) {
    error.reason = Reason::bundle_key_unknown;
    error.expected << "a key the trust file trusts";
  } else {
    error.reason = Reason::bundle_key_scope;
    error.expected << "a key the trust file trusts for " << name(scope);
  }
  return error;
}

Result<Sign1> verify_envelope(Bytes bundle, Scope scope, const TrustSet& trust, std::string_view what) {
  TORPOR_TRY(const Sign1 parts, parse_sign1(bundle, scope, what));
  TORPOR_CHECK(check_key(parts.key_id, scope, trust, what));
  const PublicKey* key = trust.find(parts.key_id);
  TORPOR_ASSERT(key != nullptr, "contract.a_key_that_may_sign_is_there");
  // Before the signature: it bounds the memory the signature is checked in.
  if (parts.payload.size() > kMaxPayloadBytes) {
    Error error{.reason = Reason::bundle_too_large};
    error.where << what << ": payload";
    error.found << parts.payload.size() << " bytes";
    error.expected << "at most " << kMaxPayloadBytes;
    return error;
  }
  std::byte room[kMaxPayloadBytes + kSignedOverhead];
  TORPOR_TRY(const Bytes message,
             write_signed_bytes(parts.protected_header, as_bytes(external_aad(scope)), parts.payload, room));
  TORPOR_CHECK(check_signature(*key, message, parts.signature, what));
  return parts;
}

Result<Contract> verify(Bytes bundle, const TrustSet& trust, std::string_view what) {
  // In a function of its own: its 2 KiB of stack are free again before the payload is decoded.
  TORPOR_TRY(const Sign1 parts, verify_envelope(bundle, Scope::contract, trust, what));
  // Only now: what nobody trusted has signed is never parsed.
  TORPOR_TRY(const Terms terms, decode_payload(parts.payload, what));
  TORPOR_CHECK(check_rules(terms, what));
  // What the roles size their memory and their waits by.
  TORPOR_ASSERT(terms.sensor_count >= 1 && terms.duty.period_ms() > terms.power.awake_limit_ms,
                "contract.a_contract_keeps_its_rules");
  return ContractMaker::make(terms, sha256(parts.payload));
}

Result<Bytes> unverified_payload(Bytes bundle, std::string_view what) {
  TORPOR_TRY(const Sign1 parts, parse_sign1(bundle, Scope::contract, what));
  return parts.payload;
}

}  // namespace torpor
