// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "notes/refusal_note.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/assertion.h"
#include "base/text.h"
#include "base/utc.h"

namespace torpor {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxNoteBytes = 256 * 1024;
constexpr std::uint32_t kMode = 0644;

std::string standing_path(const std::string& state_dir) { return state_dir + "/refusal.json"; }
std::string told_path(const std::string& state_dir) { return state_dir + "/refusal.told.json"; }
std::string ended_path(const std::string& state_dir) { return state_dir + "/refusal.ended.json"; }

// Null where there is no file. What is not JSON is damage, and said to be: a note lost in silence
// is what these files are there against.
Result<Json> read_json(Files& files, const std::string& path) {
  const auto bytes = files.read(path, kMaxNoteBytes);
  if (!bytes && bytes.error().reason == Reason::file_missing) return Json();
  if (!bytes) return bytes.error();
  Json json = Json::parse(as_text(*bytes), nullptr, false);
  if (!json.is_discarded() && !json.is_null()) return json;
  return Error{.reason = Reason::io_failed}.at(path).saw("no JSON").want("a note of torpor");
}

std::string text_of(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::int64_t number_of(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}

std::string digest_of(const Json& json, const char* side) {
  const auto at = json.find(side);
  return at != json.end() && at->is_object() ? text_of(*at, "digest") : std::string();
}

std::vector<std::string> names_of(const Json& json, const char* key) {
  std::vector<std::string> names;
  const auto at = json.find(key);
  if (at == json.end() || !at->is_array()) return names;
  for (const Json& name : *at) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
}

// Of refusal.json and of an element of refusal.ended.json alike; nothing where it is neither.
std::optional<RefusalNote> note_of(const Json& json) {
  if (!json.is_object() || text_of(json, "reason").empty()) return std::nullopt;
  RefusalNote note{.role = text_of(json, "role"),
                   .device = text_of(json, "device"),
                   .reason = text_of(json, "reason"),
                   .line = text_of(json, "line"),
                   .next_step = text_of(json, "next_step"),
                   .own_digest = digest_of(json, "own"),
                   .peer_digest = digest_of(json, "peer"),
                   .at = {},
                   .boot_id = text_of(json, "boot_id"),
                   .told_to = names_of(json, "told_to")};
  note.at.wall = WallTime(std::chrono::seconds(number_of(json, "at_unix_seconds")));
  note.at.boot = BootTime(std::chrono::milliseconds(number_of(json, "at_boot_ms")));
  const auto synchronised = json.find("clock_synchronised");
  note.at.synchronised =
      synchronised != json.end() && synchronised->is_boolean() && synchronised->get<bool>();
  return note;
}

Json json_of(const RefusalNote& note) {
  const auto side = [](const std::string& digest) {
    return digest.empty() ? Json() : Json{{"digest", digest}};
  };
  return {{"role", note.role},
          {"device", note.device},
          {"reason", note.reason},
          {"line", note.line},
          {"next_step", note.next_step},
          {"own", side(note.own_digest)},
          {"peer", side(note.peer_digest)},
          {"at_unix_seconds", unix_seconds(note.at.wall)},
          {"at_boot_ms", to_ns(note.at.boot) / 1'000'000},
          {"boot_id", note.boot_id},
          {"clock_synchronised", note.at.synchronised},
          {"told_to", note.told_to}};
}

Status replace(Files& files, const std::string& path, const Json& json) {
  return files.replace(path, as_bytes(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"),
                       kMode);
}

}  // namespace

bool RefusalNote::told(std::string_view server) const {
  return std::find(told_to.begin(), told_to.end(), server) != told_to.end();
}

bool RefusalNote::shows_as(const RefusalNote& other) const {
  return role == other.role && device == other.device && reason == other.reason &&
         own_digest == other.own_digest && peer_digest == other.peer_digest;
}

bool RefusalNote::is(const RefusalNote& other) const {
  return shows_as(other) && boot_id == other.boot_id && to_ns(at.boot) == to_ns(other.at.boot);
}

Result<std::optional<RefusalNote>> standing_refusal(Files& files, const std::string& state_dir) {
  TORPOR_TRY(const Json json, read_json(files, standing_path(state_dir)));
  if (json.is_null()) return std::optional<RefusalNote>();
  auto note = note_of(json);
  if (!note) return Error{.reason = Reason::io_failed}.at(standing_path(state_dir)).want("a note of torpor");
  note->told_to.clear();
  // Who was told is a help and no truth: where it cannot be read, everybody is told again.
  const auto told = read_json(files, told_path(state_dir));
  const auto of = told ? note_of(*told) : std::nullopt;
  if (of && of->is(*note)) note->told_to = of->told_to;
  return note;
}

Result<std::vector<RefusalNote>> ended_refusals(Files& files, const std::string& state_dir) {
  TORPOR_TRY(const Json json, read_json(files, ended_path(state_dir)));
  std::vector<RefusalNote> ended;
  if (!json.is_array()) return ended;
  for (const Json& one : json) {
    if (auto note = note_of(one)) ended.push_back(*std::move(note));
  }
  return ended;
}

Status keep_told(Files& files, const std::string& state_dir, const RefusalNote& note) {
  return replace(files, told_path(state_dir), json_of(note));
}

Status keep_ended(Files& files, const std::string& state_dir, std::vector<RefusalNote> ended) {
  if (ended.size() > kMaxEnded) ended.erase(ended.begin(), ended.end() - kMaxEnded);
  if (ended.empty()) {
    const Status removed = files.remove(ended_path(state_dir));
    return !removed && removed.error().reason == Reason::file_missing ? Status() : removed;
  }
  Json list = Json::array();
  for (const RefusalNote& note : ended) list.push_back(json_of(note));
  return replace(files, ended_path(state_dir), list);
}

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

std::string refusal_prom(const RefusalNote& note, WallTime at) {
  const std::string who = "role=\"" + prom_label(note.role) + "\",device=\"" + prom_label(note.device) + "\"";
  return "# HELP torpor_refusal This role refused to run; 1 while it does.\n"
         "# TYPE torpor_refusal gauge\n"
         "torpor_refusal{" +
         who + ",reason=\"" + prom_label(note.reason) + "\",own_digest=\"" + prom_label(note.own_digest) +
         "\",peer_digest=\"" + prom_label(note.peer_digest) +
         "\"} 1\n"
         "# HELP torpor_refusal_timestamp_seconds When it refused, by its own clock.\n"
         "# TYPE torpor_refusal_timestamp_seconds gauge\n"
         "torpor_refusal_timestamp_seconds{" +
         who + "} " + std::to_string(unix_seconds(at)) + "\n";
}

}  // namespace torpor
