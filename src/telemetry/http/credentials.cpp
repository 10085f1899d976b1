// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/credentials.h"

#include <algorithm>

namespace torpor {
namespace {

// Room for the longest tokens servers issue, which must fit their header line, too.
constexpr std::size_t kMaxCredentialBytes = 8192;
// What editors, `echo` and other systems leave around a line.
constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// A secret that root holds may be given to one group: that is how stores hand them to a service
// (systemd's LoadCredential= shows 0440, the mask of its ACL; Kubernetes' defaultMode with fsGroup).
[[nodiscard]] bool is_closed(const FileFacts& facts, std::uint32_t own_uid) {
  if (facts.owner == 0) return (facts.mode & 027) == 0;
  return facts.owner == own_uid && (facts.mode & 077) == 0;
}

}  // namespace

Result<Credential> parse_credential(std::string_view text, std::string_view where) {
  text = trimmed(text);
  Credential credential;
  if (text.starts_with("bearer ")) {
    credential = {Credential::Kind::bearer, std::string(trimmed(text.substr(7)))};
  } else if (text.starts_with("basic ")) {
    credential = {Credential::Kind::basic, std::string(trimmed(text.substr(6)))};
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
  const auto judged = files.owned_facts(path, own_uid);
  if (!judged && judged.error().reason != Reason::file_unsafe) return judged.error();
  if (!judged) {
    Error error = judged.error();
    error.reason = Reason::credential_unsafe;
    return error;
  }
  const FileFacts& facts = *judged;
  if (is_closed(facts, own_uid)) return {};
  constexpr char kOctal[] = "01234567";
  const char mode[] = {'0', kOctal[facts.mode >> 6 & 7], kOctal[facts.mode >> 3 & 7], kOctal[facts.mode & 7]};
  Error error{.reason = Reason::credential_unsafe};
  error.where << path;
  error.found << "owner " << facts.owner << ", mode " << std::string_view(mode, sizeof mode);
  error.expected << "owner 0 or " << own_uid << ", mode 0600 or 0400; of root also 0640 or 0440";
  return error;
}

Result<Credential> read_credential(Files& files, const std::string& path, std::uint32_t own_uid) {
  if (path.empty()) return Credential{};
  TORPOR_CHECK(check_secret(files, path, own_uid));
  TORPOR_TRY(const auto content, files.read_owned(path, kMaxCredentialBytes, own_uid));
  return parse_credential(as_text(content), path);
}

Status check_secrets(Files& files, const TelemetryServer& server, std::uint32_t own_uid) {
  if (auto credential = read_credential(files, server.auth_file, own_uid); !credential)
    return credential.error();
  return server.key_file.empty() ? Status() : check_secret(files, server.key_file, own_uid);
}

}  // namespace torpor
