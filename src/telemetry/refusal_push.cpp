// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/refusal_push.h"

#include <algorithm>

#include "base/assertion.h"
#include "telemetry/alarm_post.h"
#include "telemetry/gateway.h"
#include "telemetry/remote_write.h"
#include "telemetry/said.h"

namespace torpor {
namespace {

constexpr Duration kLeastShare = std::chrono::milliseconds(1);  // less is not worth a connection
constexpr std::uint32_t kPromMode = 0644;                       // node_exporter is another user
// Taken by the Pushgateway before its date was known: told again once it is.
constexpr std::string_view kUndated = "pushgateway, undated";
constexpr std::string_view kTextfile = "textfile";  // dated anew

void forget(RefusalNote& note, std::string_view server) {
  note.told_to.erase(std::remove(note.told_to.begin(), note.told_to.end(), server), note.told_to.end());
}

// Servers that still show something, over all notes.
std::size_t servers_of(const std::vector<RefusalNote>& notes) {
  std::size_t sum = 0;
  for (const RefusalNote& note : notes) sum += note.told_to.size();
  return sum;
}

std::vector<LabelledValue> values_of(const RefusalNote& note, const std::string& instance, double value,
                                     WallTime refused, std::int64_t now_ms) {
  const std::vector<std::pair<std::string, std::string>> who = {
      {"job", std::string(kJob)}, {"instance", instance}, {"role", note.role}};
  LabelledValue what{.labels = who, .value = value, .wall_ms = now_ms};
  what.labels.insert(what.labels.end(), {{"__name__", "torpor_refusal"},
                                         {"reason", note.reason},
                                         {"own_digest", note.own_digest},
                                         {"peer_digest", note.peer_digest}});
  if (value == 0) return {what};
  LabelledValue when{.labels = who, .value = static_cast<double>(to_ns(refused)) / 1e9, .wall_ms = now_ms};
  when.labels.emplace_back("__name__", "torpor_refusal_timestamp_seconds");
  return {what, when};
}

}  // namespace

RefusalTeller::RefusalTeller(const Parts& parts, Identity identity)
    : parts_(parts),
      identity_(std::move(identity)),
      gate_(identity_.not_before_s, identity_.boot_id),
      remote_write_{"remote_write", parts.site.remote_write},
      pushgateway_{"pushgateway", parts.site.pushgateway},
      alertmanager_{"alertmanager", parts.site.alertmanager} {
  TORPOR_ASSERT(!identity_.state.empty(), "refusal_push.a_note_lies_in_a_directory");
}

RefusalTelling RefusalTeller::tell(Duration room, const RefusalNote* fresh) {
  telling_ = {};
  began_ = parts_.clock.now().boot;
  room_ = room;
  for (Server* server : {&remote_write_, &pushgateway_, &alertmanager_}) server->failed = false;
  const auto unreadable = [this](const Error& error) { next(telling_.said) << one_line(error).view(); };

  std::vector<RefusalNote> ended;
  if (auto read = ended_refusals(parts_.files, identity_.state); read) {
    ended = *std::move(read);
  } else {
    unreadable(read.error());
  }
  std::optional<RefusalNote> standing;
  if (auto read = standing_refusal(parts_.files, identity_.state); read) {
    standing = *std::move(read);
  } else {
    unreadable(read.error());
  }
  if (fresh != nullptr && (!standing || !standing->is(*fresh))) standing = *fresh;
  if (ended.empty() && !standing) return telling_;

  requests_left_ = 1 + 3 * static_cast<int>(ended.size() + (standing ? 1 : 0));
  open_gate();
  // The older first: what is shown last of a refusal that came, went and came again is that it is there.
  const std::size_t shown = servers_of(ended);
  for (RefusalNote& note : ended) tell_one(note, Change::ends);
  ended.erase(std::remove_if(ended.begin(), ended.end(), [](const auto& n) { return n.told_to.empty(); }),
              ended.end());
  if (servers_of(ended) != shown) {
    if (const Status kept = keep_ended(parts_.files, identity_.state, ended); !kept) unreadable(kept.error());
  }
  if (!standing) return telling_;
  const auto before = standing->told_to;
  tell_one(*standing, Change::begins);
  if (standing->told_to != before) {
    if (const Status kept = keep_told(parts_.files, identity_.state, *standing); !kept)
      unreadable(kept.error());
  }
  return telling_;
}

// What a server has taken is noted in `note`: its beginning added, its end taken out.
void RefusalTeller::tell_one(RefusalNote& note, Change change) {
  const bool begins = change == Change::begins;
  const auto settle = [&](std::string_view name, bool taken) {
    if (!taken) {
      ++telling_.left;
    } else if (begins && !note.told(name)) {
      note.told_to.emplace_back(name);
    } else if (!begins) {
      forget(note, name);
    }
  };
  if (alertmanager_.to.on() && (begins || note.told(alertmanager_.name)))
    settle(alertmanager_.name, alert(note, change));
  if (remote_write_.to.on() && begins != note.told(remote_write_.name))
    settle(remote_write_.name, write(note, change));
  if (!begins) {
    // The gateway's group was replaced by the cycle that ended it; a server the site no longer names is lost.
    forget(note, pushgateway_.name);
    forget(note, kUndated);
    forget(note, kTextfile);
    if (!remote_write_.to.on()) forget(note, remote_write_.name);
    if (!alertmanager_.to.on()) forget(note, alertmanager_.name);
    return;
  }
  const bool dated = note.at.synchronised || date_of(note).has_value();
  if (dated && !note.at.synchronised && !note.told(kTextfile)) {
    const Status redated = parts_.files.replace(identity_.state + "/refusal.prom",
                                                as_bytes(refusal_prom(note, *date_of(note))), kPromMode);
    if (!redated) next(telling_.said) << one_line(redated.error()).view();
    settle(kTextfile, redated.ok());
  }
  const std::string_view as = dated ? pushgateway_.name : kUndated;
  if (!pushgateway_.to.on() || note.told(pushgateway_.name) || note.told(as)) return;
  settle(as, show(note));
  if (dated && note.told(as)) forget(note, kUndated);
}

void RefusalTeller::open_gate() {
  if (!remote_write_.to.on() || !gate_.may_ask(parts_.clock.now())) return;
  const std::string empty = remote_write_body({});
  // An empty request stores nothing but brings the server's Date, which send() has heard: whether it
  // was taken tells nothing more.
  static_cast<void>(send(remote_write_, {.method = "POST",
                                         .to = &remote_write_.to,
                                         .path = {},
                                         .headers = kRemoteWriteHeaders,
                                         .body = as_bytes(empty),
                                         .last = false}));
}

bool RefusalTeller::write(const RefusalNote& note, Change change) {
  const TimeStamp now = parts_.clock.now();
  if (!gate_.is_open(now)) {
    if (!remote_write_.failed) next(telling_.said) << "remote_write: waits until this clock can be trusted";
    return false;
  }
  const auto values = values_of(note, instance_of(note), change == Change::begins ? 1 : 0,
                                date_of(note).value_or(now.wall), to_ns(now.wall) / 1'000'000);
  const std::string body = remote_write_body(values);
  return send(remote_write_, {.method = "POST",
                              .to = &remote_write_.to,
                              .path = {},
                              .headers = kRemoteWriteHeaders,
                              .body = as_bytes(body)});
}

bool RefusalTeller::show(const RefusalNote& note) {
  const std::string body = gzip(refusal_prom(note, date_of(note).value_or(note.at.wall)));
  const std::string path = gateway_group(instance_of(note));
  return send(pushgateway_, {.method = "POST",
                             .to = &pushgateway_.to,
                             .path = path,
                             .headers = kGatewayHeaders,
                             .body = as_bytes(body)});
}

bool RefusalTeller::alert(const RefusalNote& note, Change change) {
  constexpr std::string_view kHeaders[] = {"Content-Type: application/json"};
  const TimeStamp now = parts_.clock.now();
  std::optional<WallTime> ends_at;
  if (change == Change::ends) {
    if (!now.synchronised) return true;  // it lapses by itself, within resolve_timeout
    ends_at = now.wall;
  }
  const std::string body = refusal_post(note, instance_of(note), ends_at);
  return send(alertmanager_, {.method = "POST",
                              .to = &alertmanager_.to,
                              .path = "/api/v2/alerts",
                              .headers = kHeaders,
                              .body = as_bytes(body)});
}

bool RefusalTeller::send(Server& server, Request request) {
  if (server.failed) return false;
  const Duration gone = parts_.clock.real(parts_.clock.now().boot - began_);
  const Duration share = (room_ - gone) / std::max(1, requests_left_--);
  Outcome outcome;
  if (share < kLeastShare) {
    outcome.said = "no time left";
  } else {
    outcome = parts_.transport.send(request, share);
  }
  if (outcome.answer != Answer::unreachable) gate_.hear(parts_.clock.now(), outcome.date);
  if (outcome.answer == Answer::taken) return true;
  server.failed = true;
  next(telling_.said) << server.name << ": " << name(outcome.answer);
  if (outcome.status != 0) telling_.said << " (" << outcome.status << ")";
  if (!outcome.said.empty()) telling_.said << ": " << outcome.said.view();
  return false;
}

// Nothing where this clock cannot say; the moment of telling where only it can be known.
std::optional<WallTime> RefusalTeller::date_of(const RefusalNote& note) const {
  const TimeStamp now = parts_.clock.now();
  if (!now.synchronised) return std::nullopt;
  const auto when = gate_.date_of({.at = note.at, .boot_id = FixedString<36>(note.boot_id)}, now);
  return when.value_or(now.wall);
}

std::string RefusalTeller::instance_of(const RefusalNote& note) const {
  return note.device.empty() ? identity_.device : note.device;
}

}  // namespace torpor
