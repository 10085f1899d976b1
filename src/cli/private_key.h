// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "contract/host/keys.h"

namespace torpor {

// The key a verb signs with. Errors: those of load_signing_key(); key_file_syntax, saying so,
// for a public key: a .pub is world-readable by design, and to call it an unsafe private key
// would send people to chmod for a slip of the fingers.
Result<SigningKey> load_private_key(Files& files, const std::string& path);

}  // namespace torpor
