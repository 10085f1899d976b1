// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "cli/verbs.h"

// The one verb of `torpor contract` that writes: `torpor contract sign`.
namespace torpor {

struct SignFlags {
  std::string contract;  // TOML
  std::string key;       // KEYID.key
  std::string out;       // bundle
  std::string not_before;
  std::string expires;
  std::optional<std::int64_t> sequence;
};

// Signs, writes the bundle and prints what it says. A file that is there already is replaced
// only by the next bundle of the same contract: it must decode as a bundle, name the same
// contract id and have a lower sequence; the very same bytes may be written again. Anything
// else is file_exists and stays. Its signature is not judged: who signs has no trust file.
// Errors: those of load_terms, load_signing_key, sign_terms and Files; key_file_syntax for a
// public key.
Status sign_contract(const SignFlags& flags, Verbs& verbs);

}  // namespace torpor
