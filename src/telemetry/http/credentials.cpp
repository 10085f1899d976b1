// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/credentials.h"

#include <algorithm>

namespace torpor {
namespace {

// Room for the longest tokens servers issue, which must fit their header line, too.
constexpr std::size_t kMaxCredentialBytes = 8192;

}  // namespace

Result<Credential> parse_credential(std::string_view text, std::string_view where) {
  // One line feed, as editors leave it; any other white space would go out within the secret.
  if (text.ends_with('\n')) text.remove_suffix(1);
  Credential credential;
  if (text.starts_with("bearer ")) {
    credential = {Credential::Kind::bearer, std::string(text.substr(7))};
  } else if (text.starts_with("basic ")) {
    credential = {Credential::Kind::basic, std::string(text.substr(6))};
  }
  const std::string& secret = credential.secret;
  // A line break would begin a header of its own. What was found is not in the error: it is a secret.
  const bool printable = std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 127; });
  const bool has_user = credential.kind != Credential::Kind::basic || secret.find(':') != secret.npos;
  if (!secret.empty() && printable && has_user) return credential;
  Error error{.reason = Reason::credential_syntax};
  error.where << where;
  error.expected << "one line, bearer TOKEN or basic USER:PASSWORD";
  return error;
}

Status check_secret(Files& files, const std::string& path, std::uint32_t own_uid) {
  TORPOR_TRY(const FileFacts facts, files.facts(path));
  // Readable by nobody else, where a site file may be read by all: check_owner_and_mode() is not enough.
  if ((facts.owner == 0 || facts.owner == own_uid) && (facts.mode & 077) == 0) return {};
  constexpr char kOctal[] = "01234567";
  const char mode[] = {'0', kOctal[facts.mode >> 6 & 7], kOctal[facts.mode >> 3 & 7], kOctal[facts.mode & 7]};
  Error error{.reason = Reason::credential_unsafe};
  error.where << path;
  error.found << "owner " << facts.owner << ", mode " << std::string_view(mode, sizeof mode);
  error.expected << "owner 0 or " << own_uid << ", mode 0600 or 0400";
  return error;
}

Result<Credential> read_credential(Files& files, const std::string& path, std::uint32_t own_uid) {
  if (path.empty()) return Credential{};
  TORPOR_CHECK(check_secret(files, path, own_uid));
  TORPOR_TRY(const auto content, files.read(path, kMaxCredentialBytes));
  return parse_credential(as_text(content), path);
}

Status check_secrets(Files& files, const TelemetrySite& site, std::uint32_t own_uid) {
  for (const TelemetryServer* server : {&site.remote_write, &site.pushgateway, &site.alertmanager}) {
    if (auto credential = read_credential(files, server->auth_file, own_uid); !credential)
      return credential.error();
    if (!server->key_file.empty()) TORPOR_CHECK(check_secret(files, server->key_file, own_uid));
  }
  return {};
}

}  // namespace torpor
