// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/trust_watch.h"

#include "base/assertion.h"
#include "contract/host/admission.h"
#include "contract/verify.h"

namespace torpor {

TrustWatch::TrustWatch(Files& files, Place place, const KeyId& signer)
    : files_(files), place_(std::move(place)), signer_(signer) {
  TORPOR_ASSERT(!place_.trust.empty(), "contract.a_trust_file_that_is_watched_has_a_path");
}

Status TrustWatch::look() {
  // The facts before the content: a change in between is seen by the next look.
  const auto facts = files_.facts(place_.trust);
  if (facts && seen_ && *facts == *seen_) return {};
  seen_.reset();
  const auto trust = load_owned_trust(files_, place_.trust, place_.own_uid);
  if (!trust) {
    trouble_ = trust.error();
    return {};
  }
  trouble_.reset();
  if (facts) seen_ = *facts;
  return check_key(signer_, Scope::contract, *trust, place_.trust);
}

}  // namespace torpor
