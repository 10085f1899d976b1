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

// One line of printable ASCII: "bearer TOKEN" or "basic USER:PASSWORD"; blanks and line ends
// around it, and between its two words, do not count. credential_syntax, which never shows what
// it found.
Result<Credential> parse_credential(std::string_view text, std::string_view where);

// credential_unsafe unless the whole path passes Files::owned_facts and nobody else may read the
// file; one of root's may be read by its group, as secret stores leave it. Errors: of Files.
Status check_secret(Files& files, const std::string& path, std::uint32_t own_uid);

// Checks, then reads; no file: Kind::none. Errors: both of the above.
Result<Credential> read_credential(Files& files, const std::string& path, std::uint32_t own_uid);

// All secrets of a server, so that what is wrong with them is told at start and not in the first
// push. Nothing more comes of it: telemetry is no precondition of watching. Errors: as above.
Status check_secrets(Files& files, const TelemetryServer& server, std::uint32_t own_uid);

}  // namespace torpor
