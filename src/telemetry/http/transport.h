// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fixed_string.h"
#include "site/site.h"

// The seam to the network: one request, one outcome, never longer than its deadline.
namespace torpor {

struct Request {
  std::string_view method;  // POST, PUT, DELETE
  const TelemetryServer* to = nullptr;
  std::string_view path = {};                      // appended to the server's URL
  std::span<const std::string_view> headers = {};  // whole lines
  Bytes body = {};
  bool last = true;  // nothing more for this server in this contact: its connection ends
};

enum class Answer : std::uint8_t {
  taken,        // 2xx
  refused,      // the server will never take this: 3xx, other 4xx, an unknown status
  unavailable,  // it may take it later: 5xx, 408, 429, and 401, 403: a token may be renewed
  unreachable,  // no answer that could be understood, before the deadline
};

std::string_view name(Answer answer);
// What an HTTP status means.
Answer answer_of(int status);

struct Outcome {
  Answer answer = Answer::unreachable;
  int status = 0;                // HTTP; 0 where there was none
  FixedString<160> said;         // the server's first words, or what went wrong
  std::optional<WallTime> date;  // by the server's clock
};

// Implementations: CurlTransport (telemetry/http/curl_transport.h), FakeTransport (tests). One
// thread.
class Transport {
 public:
  virtual ~Transport() = default;
  // At most `deadline`, real time, whatever the server does.
  virtual Outcome send(const Request& request, Duration deadline) = 0;
};

}  // namespace torpor
