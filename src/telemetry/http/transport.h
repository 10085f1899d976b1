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
  taken,        // 2xx, of the receiver
  refused,      // the receiver judged what was sent, and will not take it: 400, 409, 422
  unavailable,  // it may take it once a person, or time, has put right who asks, whom, or what lies between
  unreachable,  // no answer that could be understood, before the deadline
};

std::string_view name(Answer answer);
// What an HTTP status means.
Answer answer_of(int status);

struct Outcome {
  Answer answer = Answer::unreachable;
  int status = 0;                // HTTP; 0 where there was none
  FixedString<160> said;         // the server's first words, or what went wrong; printable, no blanks around
  std::optional<WallTime> date;  // by the server's clock
  // Retry-After: asked to be left alone so long, or until then by the server's clock.
  std::optional<Duration> retry_in;
  std::optional<WallTime> retry_at;
};

// What an answer means, its head and its first words put together. A web page comes from a portal or a
// proxy and not from a receiver: it acknowledges and refuses nothing, and its date proves no clock. So
// does a redirect's.
struct HttpReply {
  int status = 0;
  std::string_view content_type = {};
  std::string_view body = {};  // its beginning
  std::optional<WallTime> date = {};
};
Outcome outcome_of(const HttpReply& answer);

// How long the server asks to be left alone; nothing where it does not. Never below 0. `now` counts
// where it gave a date to wait for, and none of its own.
std::optional<Duration> asked_wait(const Outcome& outcome, WallTime now);

// ": WORDS" to end a line with, or nothing where there are none.
FixedString<200> words_of(const Outcome& outcome);

// Implementations: CurlTransport (telemetry/http/curl_transport.h), FakeTransport (tests). One
// thread.
class Transport {
 public:
  virtual ~Transport() = default;
  // At most `deadline`, real time, whatever the server does.
  virtual Outcome send(const Request& request, Duration deadline) = 0;
};

}  // namespace torpor
