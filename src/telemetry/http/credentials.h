// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/files.h"
#include "site/site.h"

namespace torpor {

// What a server is shown to know us by.
struct Credential {
  enum class Kind : std::uint8_t { none, bearer, basic };
  Kind kind = Kind::none;
  std::string secret;  // the token, or USER:PASSWORD
};

// One line of printable ASCII: "bearer TOKEN" or "basic USER:PASSWORD". credential_syntax,
// which never shows what it found.
Result<Credential> parse_credential(std::string_view text, std::string_view where);

// credential_unsafe unless the file belongs to root or to `own_uid` and nobody else may read
// or write it. Errors: of Files.
Status check_secret(Files& files, const std::string& path, std::uint32_t own_uid);

// Checks, then reads; no file: Kind::none. Errors: both of the above.
Result<Credential> read_credential(Files& files, const std::string& path, std::uint32_t own_uid);

// All secrets of a site, so that a wrong mode is told at start and not in the first push.
Status check_secrets(Files& files, const TelemetrySite& site, std::uint32_t own_uid);

}  // namespace torpor
