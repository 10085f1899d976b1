// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/curl_transport.h"

#include <algorithm>
#include <csignal>
#include <ctime>

#include "base/assertion.h"
#include "base/utc.h"
#include "telemetry/http/credentials.h"
#include "telemetry/http/curl_library.h"

namespace torpor {
namespace {

// What an answer leaves, bounded.
struct Heard {
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
  FixedString<160> body;
  std::optional<WallTime> date;
};

std::optional<WallTime> http_date(std::string_view text) {
  const std::string line(text);
  tm parts{};
  // RFC 9110's one preferred form; the two obsolete ones are no date, and the clock gate then waits. No
  // locale is set by our programs, so the names are the English ones.
  if (::strptime(line.c_str(), " %a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return {};
  const auto seconds = unix_seconds(CivilTime{.year = parts.tm_year + 1900,
                                              .month = static_cast<unsigned>(parts.tm_mon + 1),
                                              .day = static_cast<unsigned>(parts.tm_mday),
                                              .hour = static_cast<unsigned>(parts.tm_hour),
                                              .minute = static_cast<unsigned>(parts.tm_min),
                                              .second = static_cast<unsigned>(parts.tm_sec)});
  // A server may say any year; nanoseconds in 64 bits end in 2262.
  if (!seconds || *seconds < 0 || *seconds > unix_seconds(WallTime::max())) return {};
  return WallTime(std::chrono::seconds(*seconds));
}

// Both callbacks break the transfer off by taking fewer bytes than they are given.
std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  Heard& heard = *static_cast<Heard*>(user);
  const std::string_view line(data, size * count);
  // A server that never stops sending would otherwise be read until the deadline, into memory.
  heard.header_bytes += line.size();
  if (heard.header_bytes > CurlTransport::kMaxHeaders) return 0;
  constexpr std::string_view kDate = "date:";
  // Names of header fields have no case; | 0x20 makes a letter small.
  const bool is_date =
      line.size() > kDate.size() && std::equal(kDate.begin(), kDate.end(), line.begin(),
                                               [](char a, char b) { return a == (b | 0x20) || a == b; });
  if (is_date) heard.date = http_date(line.substr(kDate.size()));
  return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  Heard& heard = *static_cast<Heard*>(user);
  const std::string_view part(data, size * count);
  heard.body_bytes += part.size();
  if (heard.body_bytes > CurlTransport::kMaxBody) return 0;
  // It goes to stderr and journals: nothing of a server's answer may steer a terminal.
  for (const char c : part.substr(0, 160))
    heard.body.append(std::string_view(c >= ' ' && c < 127 ? &c : " ", 1));
  return part.size();
}

}  // namespace

// One easy handle for the life of the transport: it keeps parsed certificates, TLS sessions
// and looked-up names, and connections within a contact.
class CurlTransport::Session {
 public:
  explicit Session(const CurlLibrary& curl) : curl_(curl), easy_(curl.easy_init()) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
  }

  Outcome send(const Request& request, const Credential& credential, Duration deadline);

 private:
  template <class T>
  void set(CURLoption option, T value) {
    all_set_ = all_set_ && curl_.easy_setopt(easy_, option, value) == CURLE_OK;
  }
  void set_security(const TelemetryServer& server);

  const CurlLibrary& curl_;
  CURL* easy_;
  bool all_set_ = true;
};

void CurlTransport::Session::set_security(const TelemetryServer& server) {
  // The library's defaults, said all the same: a build of it may have others.
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!server.ca_file.empty()) {
    set(CURLOPT_CAINFO, server.ca_file.c_str());
    // The site's authority instead of the system's, not beside it.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!server.cert_file.empty()) {
    set(CURLOPT_SSLCERT, server.cert_file.c_str());
    set(CURLOPT_SSLKEY, server.key_file.c_str());
  }
  // Since libcurl 7.85 (QUICK_EXIT below: 7.87): an older one refuses the option, and so every request.
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // A redirect would carry the secret to whoever the server names.
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
}

Outcome CurlTransport::Session::send(const Request& request, const Credential& credential,
                                     Duration deadline) {
  Outcome outcome;
  if (easy_ == nullptr) {
    outcome.said = "libcurl is out of memory";
    return outcome;
  }
  Heard heard;
  char trouble[CURL_ERROR_SIZE] = {};
  const std::string url = request.to->url + std::string(request.path);
  // At least 1: to libcurl 0 means "no limit".
  const auto timeout_ms = static_cast<long>(
      std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count()));
  curl_slist* headers = nullptr;
  const auto add_header = [&](const std::string& line) {
    curl_slist* longer = curl_.slist_append(headers, line.c_str());
    all_set_ = all_set_ && longer != nullptr;
    if (longer != nullptr) headers = longer;
  };
  all_set_ = true;
  for (const std::string_view line : request.headers) add_header(std::string(line));
  add_header("Expect:");  // the answer would be waited for
  if (credential.kind == Credential::Kind::bearer) add_header("Authorization: Bearer " + credential.secret);

  curl_.easy_reset(easy_);
  set_security(*request.to);
  set(CURLOPT_URL, url.c_str());
  // Its time-outs by SIGALRM would jump out of the middle of name resolution.
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, timeout_ms);
  set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs is not waited for either
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // The last request of a contact closes: no connection is held through a sleep of minutes.
  set(CURLOPT_FORBID_REUSE, request.last ? 1L : 0L);
  set(CURLOPT_USERAGENT, "torpord");
  set(CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
  // Not copied by libcurl, unlike every other string here: the body outlives the transfer. "" because null
  // would make it read from stdin.
  set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(CURLOPT_HTTPHEADER, headers);
  if (credential.kind == Credential::Kind::basic) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERPWD, credential.secret.c_str());
  }
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&heard));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&heard));
  // A pointer into this frame, like those to `heard`: the reset at the end takes them all back.
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(trouble));

  // An option that could not be set might have been the one that keeps us safe.
  const CURLcode code = all_set_ ? curl_.easy_perform(easy_) : CURLE_FAILED_INIT;
  curl_.slist_free_all(headers);
  if (code == CURLE_OK) {
    long status = 0;
    curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    outcome.status = static_cast<int>(status);
    outcome.answer = answer_of(outcome.status);
    outcome.said = heard.body;
    outcome.date = heard.date;
  } else {
    outcome.said = FixedString<160>(trouble[0] != '\0' ? trouble : curl_.easy_strerror(code));
  }
  curl_.easy_reset(easy_);  // nothing points into this frame any more
  return outcome;
}

CurlTransport::CurlTransport(Files& files, std::uint32_t own_uid) : files_(files), own_uid_(own_uid) {}
CurlTransport::~CurlTransport() = default;

Outcome CurlTransport::send(const Request& request, Duration deadline) {
  TORPOR_ASSERT(request.to != nullptr && request.to->on(), "transport.a_request_names_its_server");
  const auto failed = [](const Error& error) {
    Outcome outcome;
    outcome.said = FixedString<160>(one_line(error).view());
    return outcome;
  };
  if (!session_) {
    const auto curl = CurlLibrary::open();
    if (!curl) return failed(curl.error());
    // A server that closes early must cost a request, not the process.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    session_ = std::make_unique<Session>(**curl);
  }
  const TelemetryServer& server = *request.to;
  // At every request, so that a renewed token counts at the next contact, and one that became readable to
  // others is not sent.
  const auto credential = read_credential(files_, server.auth_file, own_uid_);
  if (!credential) return failed(credential.error());
  if (!server.key_file.empty()) {
    if (const Status safe = check_secret(files_, server.key_file, own_uid_); !safe)
      return failed(safe.error());
  }
  return session_->send(request, *credential, deadline);
}

}  // namespace torpor
