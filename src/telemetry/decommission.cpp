// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/decommission.h"

#include "telemetry/gateway.h"

namespace torpor {
namespace {

constexpr std::size_t kMaxTextfileBytes = 1024 * 1024;

Status forget_group(Transport& transport, std::string_view device, const TelemetrySite& site) {
  const std::string group = gateway_group(device);
  const Outcome outcome = transport.send({.method = "DELETE", .to = &site.pushgateway, .path = group},
                                         std::chrono::milliseconds(site.deadline_ms));
  if (outcome.answer == Answer::taken) return {};
  Error error{.reason = Reason::push_failed};
  error.at(site.pushgateway.url, group).saw(name(outcome.answer));
  if (outcome.status != 0) error.saw(" (", outcome.status, ")");
  return error.saw(words_of(outcome).view()).want("deleted");
}

// Read before it is removed: a path that was mistyped may name anything, and this is run by root.
Status remove_textfile(Files& files, const std::string& path) {
  constexpr std::string_view kExpected = "the textfile that torpord writes; nothing was removed";
  const auto content = files.read(path, kMaxTextfileBytes);
  if (!content) {
    Error error = content.error();
    error.expected = kExpected;
    return error;
  }
  const std::string_view text = as_text(*content);
  if (!text.starts_with("torpor_") && text.find("\ntorpor_") == text.npos)
    return Error{.reason = Reason::file_missing}.at(path).saw("a file of something else").want(kExpected);
  return files.remove(path);
}

}  // namespace

Status decommission(Transport& transport, Files& files, std::string_view device, const TelemetrySite& site) {
  if (site.pushgateway.on()) TORPOR_CHECK(forget_group(transport, device, site));
  return site.textfile.empty() ? Status() : remove_textfile(files, site.textfile);
}

}  // namespace torpor
