// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "contract/contract.h"
#include "contract/host/rollback.h"
#include "contract/trust.h"

namespace torpor {

struct AdmissionPaths {
  std::string bundle;
  std::string trust;
  std::string state_dir;
};

// What a role holds after it has satisfied itself that it may run.
struct Admission {
  Contract contract;
  std::vector<std::byte> bundle;  // as read, for BUNDLE on the link
  TrustSet trust;                 // who may sign what on this device, as read
  KeyId signer;                   // of the bundle
  RollbackStore store;            // begin() at agreement, cycle_completed() after the first cycle
};

// Everything one device can judge alone, in this order: the trust file and the bundle, each by
// its whole path (Files::read_owned), verify(), target class (contract_wrong_target unless it is this
// device's), time, rollback. Reads only. Errors: those of the parts; a bundle above the size cap is
// bundle_too_large before it is read, an absent file bundle_missing or trust_missing.
Result<Admission> admit(Files& files, const AdmissionPaths& paths, std::string_view target_class,
                        std::uint32_t own_uid, const TimeStamp& now);

// The trust file as a role reads it. Errors: those of Files::read_owned and parse_trust();
// trust_missing, trust_too_large.
Result<TrustSet> load_owned_trust(Files& files, const std::string& path, std::uint32_t own_uid);

// The parts, for verbs: whose path it is decides nothing at a desk.
Result<TrustSet> load_trust(Files& files, const std::string& path);
Result<std::vector<std::byte>> read_bundle(Files& files, const std::string& path);

}  // namespace torpor
