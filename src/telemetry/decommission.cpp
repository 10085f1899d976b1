// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/decommission.h"

#include "telemetry/gateway.h"

namespace torpor {

Status decommission(Transport& transport, Files& files, std::string_view device, const TelemetrySite& site) {
  if (!site.textfile.empty()) {
    const Status removed = files.remove(site.textfile);
    if (!removed && removed.error().reason != Reason::file_missing) return removed;
  }
  if (!site.pushgateway.on()) return {};
  const std::string group = gateway_group(device);
  const Outcome outcome = transport.send({.method = "DELETE", .to = &site.pushgateway, .path = group},
                                         std::chrono::milliseconds(site.deadline_ms));
  if (outcome.answer == Answer::taken) return {};
  Error error{.reason = Reason::push_failed};
  error.where << site.pushgateway.url << group;
  error.found << name(outcome.answer) << " " << outcome.said.view();
  error.expected << "deleted";
  return error;
}

}  // namespace torpor
