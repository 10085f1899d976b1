// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "contract/contract.h"
#include "contract/host/keys.h"
#include "contract/maintenance.h"

namespace torpor {

// A bundle for these terms. They are held against the field table and the rules first, and
// the finished bundle is verified with the key's public half before it is handed out: what
// this makes, verify() accepts. Errors: those of encode_payload() and check_rules().
Result<std::vector<std::byte>> sign_terms(const Terms& terms, const SigningKey& key, std::string_view what);

// A signed maintenance event, verified before it is handed out as a bundle is. Errors: those of
// encode_maintenance().
Result<std::vector<std::byte>> sign_maintenance(const MaintenanceEvent& event, const SigningKey& key);

// Signs any payload, sound or not. For tests and fuzz seeds of the refusals.
std::vector<std::byte> sign_payload_for_test(Bytes payload, const SigningKey& key,
                                             Scope scope = Scope::contract);

}  // namespace torpor
