// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/result.h"
#include "contract/contract.h"
#include "contract/sign1.h"
#include "contract/trust.h"

namespace torpor {

// Takes an envelope apart and judges it: size, envelope, standing of the key, what the key may
// sign, signature, in this order. What comes back was signed for this scope by a key the trust
// file gives it to; nothing of its payload was looked into. Errors: those of parse_sign1() and
// check_signature(), bundle_key_unknown, bundle_key_revoked, bundle_key_scope.
Result<Sign1> verify_envelope(Bytes bundle, Scope scope, const TrustSet& trust, std::string_view what);

// Why this key may not sign for this scope here: the last three of the above. Ok when it may.
Status check_key(const KeyId& id, Scope scope, const TrustSet& trust, std::string_view what);

// The only way to a Contract. In this order, each step refusing before the next looks:
// size, envelope, key standing, signature, payload, schema, fields and bounds, rules.
// Nothing of the payload is parsed before its signature is good.
//
// `what` names the file or peer in errors: those of verify_envelope(), decode_payload() and
// check_rules(). Time, target class and rollback need the device and are judged by
// contract/host/admission.h. Freestanding; about 6 KiB of stack, no heap; no state.
Result<Contract> verify(Bytes bundle, const TrustSet& trust, std::string_view what);

// The payload of a bundle nobody has verified, for naming differences only.
Result<Bytes> unverified_payload(Bytes bundle, std::string_view what);

}  // namespace torpor
