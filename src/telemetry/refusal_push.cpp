// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/refusal_push.h"

#include "base/hex.h"
#include "telemetry/gateway.h"
#include "telemetry/remote_write.h"

namespace torpor {
namespace {

constexpr int kRequests = 3;  // that share the deadline

std::array<LabelledValue, 2> values_of(const Refusal& refusal) {
  const std::int64_t wall_ms = to_ns(refusal.at.wall) / 1'000'000;
  const auto digest = [](const std::optional<BundleFacts>& side) {
    return side ? std::string(hex(side->digest)) : std::string();
  };
  std::vector<std::pair<std::string, std::string>> who = {{"job", std::string(kJob)},
                                                          {"instance", std::string(refusal.device)},
                                                          {"role", std::string(refusal.role)}};
  LabelledValue when{.labels = who, .value = static_cast<double>(wall_ms) / 1e3, .wall_ms = wall_ms};
  when.labels.emplace_back("__name__", "torpor_refusal_timestamp_seconds");
  LabelledValue what{.labels = who, .value = 1, .wall_ms = wall_ms};
  what.labels.insert(what.labels.end(), {{"__name__", "torpor_refusal"},
                                         {"reason", std::string(name(refusal.error.reason))},
                                         {"own_digest", digest(refusal.own)},
                                         {"peer_digest", digest(refusal.peer)}});
  return {what, when};
}

}  // namespace

FixedString<400> push_refusal(Transport& transport, const Clock& clock, const TelemetrySite& site,
                              ClockGate gate, const Refusal& refusal) {
  const Duration share = std::chrono::milliseconds(site.deadline_ms) / kRequests;
  FixedString<400> said;
  const auto send = [&](std::string_view receiver, const Request& request) {
    const Outcome outcome = transport.send(request, share);
    if (outcome.answer != Answer::unreachable) gate.hear(clock.now(), outcome.date);
    if (outcome.answer != Answer::taken)
      said << receiver << ": " << name(outcome.answer) << ": " << outcome.said.view() << "; ";
    return outcome.answer == Answer::taken;
  };
  if (site.remote_write.on() && gate.may_ask(clock.now())) {
    Request request{.method = "POST", .to = &site.remote_write, .path = {}, .headers = kRemoteWriteHeaders};
    const std::string empty = remote_write_body({});
    request.body = as_bytes(empty);
    request.last = false;
    if (send("remote_write", request) && gate.is_open(clock.now())) {
      const std::string body = remote_write_body(values_of(refusal));
      request.body = as_bytes(body);
      request.last = true;
      send("remote_write", request);
    }
  }
  if (site.pushgateway.on()) {
    const std::string body = gzip(refusal_prom(refusal));
    const std::string path = gateway_group(refusal.device);
    send("pushgateway", {.method = "POST",
                         .to = &site.pushgateway,
                         .path = path,
                         .headers = kGatewayHeaders,
                         .body = as_bytes(body)});
  }
  return said;
}

}  // namespace torpor
