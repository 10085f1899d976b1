// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/refusal.h"

#include <nlohmann/json.hpp>

#include "base/cbor.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/utc.h"

namespace torpor {
namespace {

constexpr std::uint32_t kMode = 0644;  // node_exporter is another user

std::string json_path(const std::string& state_dir) { return state_dir + "/refusal.json"; }
std::string prom_path(const std::string& state_dir) { return state_dir + "/refusal.prom"; }

nlohmann::ordered_json side(const std::optional<BundleFacts>& facts) {
  if (!facts) return nullptr;
  return {{"digest", hex(facts->digest).view()}, {"sequence", facts->sequence}};
}

std::string digest_label(const std::optional<BundleFacts>& facts) {
  return facts ? std::string(hex(facts->digest)) : "";
}

}  // namespace

std::string prom_label(std::string_view value) {
  std::string out;
  for (char c : valid_text(value)) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string refusal_json(const Refusal& refusal) {
  const Error& error = refusal.error;
  nlohmann::ordered_json json = {
      {"role", valid_text(refusal.role)},
      {"device", valid_text(refusal.device)},
      {"reason", name(error.reason)},
      {"exit_code", exit_code(error.reason)},
      {"line", valid_text(one_line(error))},
      {"where", valid_text(error.where)},
      {"found", valid_text(error.found)},
      {"expected", valid_text(error.expected)},
      {"os_code", error.os_code},
      {"next_step", next_step(error.reason)},
      {"own", side(refusal.own)},
      {"peer", side(refusal.peer)},
      {"differing_fields", valid_text(refusal.differing)},
      {"at", utc(refusal.at.wall).view()},
      {"at_unix_seconds", unix_seconds(refusal.at.wall)},
      {"clock_synchronised", refusal.at.synchronised},
  };
  return json.dump(2) + "\n";
}

std::string refusal_prom(const Refusal& refusal) {
  const std::string who =
      "role=\"" + prom_label(refusal.role) + "\",device=\"" + prom_label(refusal.device) + "\"";
  return "# HELP torpor_refusal This role refused to run; 1 while it does.\n"
         "# TYPE torpor_refusal gauge\n"
         "torpor_refusal{" +
         who + ",reason=\"" + prom_label(name(refusal.error.reason)) + "\",own_digest=\"" +
         digest_label(refusal.own) + "\",peer_digest=\"" + digest_label(refusal.peer) +
         "\"} 1\n"
         "# HELP torpor_refusal_timestamp_seconds When it refused, by its own clock.\n"
         "# TYPE torpor_refusal_timestamp_seconds gauge\n"
         "torpor_refusal_timestamp_seconds{" +
         who + "} " + std::to_string(unix_seconds(refusal.at.wall)) + "\n";
}

// Both are tried: a scrape must see the refusal where the other file cannot be written.
Status write_refusal(Files& files, const std::string& state_dir, const Refusal& refusal) {
  const Status json = files.replace(json_path(state_dir), as_bytes(refusal_json(refusal)), kMode);
  const Status prom = files.replace(prom_path(state_dir), as_bytes(refusal_prom(refusal)), kMode);
  return json ? prom : json;
}

Status clear_refusal(Files& files, const std::string& state_dir) {
  // A file that is not there is what was wanted; of two failures the first is told.
  Status result;
  for (const std::string& path : {json_path(state_dir), prom_path(state_dir)}) {
    const Status removed = files.remove(path);
    if (!removed && removed.error().reason != Reason::file_missing && result) result = removed;
  }
  return result;
}

}  // namespace torpor
