// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fake/fake_clock.h"
#include "telemetry/http/transport.h"

namespace torpor {

// One series of a decoded remote-write request: "name{label=value,..}" and its samples.
struct DecodedSeries {
  std::string id;
  std::vector<std::pair<std::int64_t, double>> samples;
};
// Decodes a body and checks what the specification asks for: labels in order, none twice,
// none empty, samples ascending, no series twice. Fails the test otherwise.
std::vector<DecodedSeries> decode_remote_write(Bytes body);

// Servers in memory, stricter than the world: what Prometheus would take with an
// out-of-order window, but a second value for a moment that has one fails the test, and so
// does a request without a deadline.
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(FakeClock& clock) : clock_(clock) {}
  Outcome send(const Request& request, Duration deadline) override;

  // What remote write answers from now on.
  enum class Mode { well, down, unavailable, hang, takes_but_answer_is_lost };
  Mode mode = Mode::well;
  bool alertmanager_down = false;
  int alertmanager_status = 200;
  int gateway_status = 200;           // what the Pushgateway answers
  int unavailable_status = 503;       // in Mode::unavailable
  std::int64_t refuse_before_ms = 0;  // a request with an older sample is refused whole: 400
  std::int64_t poison_ms = -1;        // a request with a sample of this moment gets 500 for ever
  Duration server_ahead{};            // the server's clock against ours
  bool gives_date = true;

  struct Sent {
    std::string method;
    std::string url;  // server and path
    std::string body;
    std::size_t samples = 0;  // of remote write: distinct moments
    std::int64_t oldest_ms = 0;
    Duration deadline{};
  };
  std::vector<Sent> sent;
  std::map<std::string, std::map<std::int64_t, double>> stored;  // by series id

  // Moments at which a series of this name has a value.
  std::map<std::int64_t, double> of(const std::string& name) const;
  std::size_t count(const std::string& part_of_url) const;

 private:
  Outcome answer(int status, std::string_view said = {}) const;
  Outcome write(const Request& request);
  FakeClock& clock_;
};

}  // namespace torpor
