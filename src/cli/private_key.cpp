// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/private_key.h"

#include "contract/host/admission.h"

namespace torpor {

Result<SigningKey> load_private_key(Files& files, const std::string& path) {
  if (load_trust(files, path)) {
    Error error{.reason = Reason::key_file_syntax};
    error.where << path;
    error.found << "a public key, which verifies";
    error.expected << "the private key that signs, KEYID.key";
    return error;
  }
  return load_signing_key(files, path);
}

}  // namespace torpor
