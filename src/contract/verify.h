// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/result.h"
#include "contract/contract.h"
#include "contract/sign1.h"
#include "contract/trust.h"

namespace torpor {

// The only way to a Contract. In this order, each step refusing before the next looks:
// size, envelope, key standing, signature, payload, schema, fields and bounds, rules.
// Nothing of the payload is parsed before its signature is good.
//
// `what` names the file or peer in errors. Besides the errors of parse_sign1(),
// check_signature(), decode_payload() and check_rules(): bundle_key_unknown,
// bundle_key_revoked. Time, target class and rollback need the device and are judged by
// contract/host/admission.h. Freestanding; about 6 KiB of stack, no heap; no state.
Result<Contract> verify(Bytes bundle, const TrustSet& trust, std::string_view what);

// The payload of a bundle nobody has verified, for naming differences only.
Result<Bytes> unverified_payload(Bytes bundle, std::string_view what);

}  // namespace torpor
