// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/pusher.h"

#include <algorithm>

#include "base/assertion.h"
#include "exact/random.h"
#include "telemetry/alarm_post.h"
#include "telemetry/exposition.h"
#include "telemetry/gateway.h"
#include "telemetry/said.h"

namespace torpor {
namespace {

// A share below this is not worth a connection.
constexpr Duration kLeastShare = std::chrono::milliseconds(1);
constexpr std::uint32_t kTextfileMode = 0644;  // node_exporter is another user

std::uint64_t seed_of(std::string_view device) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : device) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

Result<Pusher> Pusher::open(const Parts& parts, const Identity& identity) {
  TORPOR_TRY(Spool spool,
             Spool::open(parts.files,
                         {.directory = identity.directory,
                          .age = std::chrono::milliseconds(parts.contract.terms().telemetry.spool_age_ms),
                          .end = identity.log_end}));
  return Pusher(parts, identity, std::move(spool));
}

Pusher::Pusher(const Parts& parts, const Identity& identity, Spool spool)
    : parts_(parts),
      identity_(identity),
      spool_(std::move(spool)),
      gate_(parts.contract.terms().not_before_s, identity.boot_id) {
  const auto use = [&](Receiver receiver, const TelemetryServer& server) {
    if (!server.on()) return;
    line(receiver).server = &server;
    receivers_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(receiver));
  };
  use(Receiver::remote_write, parts.site.remote_write);
  use(Receiver::pushgateway, parts.site.pushgateway);
  use(Receiver::alertmanager, parts.site.alertmanager);
  // The first contact is spread over an interval: robots start together when power returns.
  // By the device's name, so that a robot has the same place in every run.
  const std::uint64_t interval_ms = parts.contract.terms().telemetry.interval_ms;
  det::SplitMix64 random(seed_of(identity.device.view()));
  next_ = parts.clock.now().boot + std::chrono::milliseconds(random.next() % interval_ms);
  event_wait_ = parts.contract.period();
}

void Pusher::add(const CycleReport& report, RecordPlace at, RecordPlace end) {
  spool_.add(report, at, end);
  newest_ = report;
  has_newest_ = true;
}

// Contacts happen at the ends of cycles: the one nearest to its time takes it.
bool Pusher::is_due(BootTime now) const {
  if (now + parts_.contract.period() / 2 >= next_) return true;
  return !spool_.events().empty() && now >= event_next_;
}

void Pusher::plan(BootTime now) {
  const Duration interval = std::chrono::milliseconds(parts_.contract.terms().telemetry.interval_ms);
  const BootTime until = now + parts_.contract.period() / 2;
  if (next_ <= until) next_ += ((until - next_) / interval + 1) * interval;
  if (spool_.events().empty()) {
    event_wait_ = parts_.contract.period();
    event_next_ = {};
  } else {
    event_next_ = now + event_wait_ / 2;
    event_wait_ = std::min(2 * event_wait_, std::max(interval, parts_.contract.period()));
  }
  TORPOR_ASSERT(next_ > now, "pusher.the_next_contact_lies_ahead");
}

FixedString<400> Pusher::contact_if_due(Duration room) {
  said_ = {};
  const BootTime now = parts_.clock.now().boot;
  if (!has_newest_ || !is_due(now)) return said_;
  began_ = now;
  room_ = std::min<Duration>(room, std::chrono::milliseconds(parts_.site.deadline_ms));
  parts_left_ = 0;
  for (std::size_t i = 0; i < kReceivers; ++i) parts_left_ += speaks_to(static_cast<Receiver>(i)) ? 1 : 0;
  if (share() < kLeastShare && parts_left_ > 0) return said_;  // stays due

  if (speaks_to(Receiver::alertmanager)) post_alarm();
  if (speaks_to(Receiver::remote_write)) {
    write_remote();
  } else {
    spool_.live_done(false);
  }
  put_snapshot();
  TORPOR_ASSERT(parts_left_ == 0, "pusher.every_receiver_had_its_share");
  plan(now);
  // Last: a cursor written before the answers would pass records that nobody has.
  if (const Status saved = spool_.save(); !saved) next(said_) << one_line(saved.error()).view();
  return said_;
}

bool Pusher::speaks_to(Receiver receiver) const {
  const Line& l = lines_[static_cast<std::size_t>(receiver)];
  return l.server != nullptr && began_ >= l.next;
}

// Of the time left, what one of the receivers still to come may take.
Duration Pusher::share() const {
  const Duration gone = parts_.clock.real(parts_.clock.now().boot - began_);
  return (room_ - gone) / std::max(1, parts_left_);
}

PusherFacts Pusher::facts() const {
  PusherFacts facts = spool_.facts();
  facts.interval_ms = parts_.contract.terms().telemetry.interval_ms;
  return facts;
}

Outcome Pusher::send(Receiver receiver, std::string_view method, std::string_view path,
                     std::span<const std::string_view> headers, Bytes body, bool last) {
  const Duration deadline = share();
  Outcome outcome;
  if (deadline < kLeastShare) {
    outcome.said = "no time left in this cycle";
    return outcome;
  }
  Line& l = line(receiver);
  TORPOR_ASSERT(l.server != nullptr, "pusher.only_a_configured_receiver_is_spoken_to");
  outcome = parts_.transport.send(
      {.method = method, .to = l.server, .path = path, .headers = headers, .body = body, .last = last},
      deadline);
  const TimeStamp now = parts_.clock.now();
  if (outcome.answer != Answer::unreachable) gate_.hear(now, outcome.date);
  const bool was_well = l.failed == 0;
  if (outcome.answer == Answer::taken) {
    if (!was_well) next(said_) << name(receiver) << ": well again";
    l.failed = 0;
    return outcome;
  }
  spool_.count_failure();
  if (was_well) {
    next(said_) << name(receiver) << ": " << name(outcome.answer);
    if (outcome.status != 0) said_ << " (" << outcome.status << ")";
    if (!outcome.said.empty()) said_ << ": " << outcome.said.view();
  }
  ++l.failed;
  // One that answers at once costs little and may be asked again at the next contact.
  if (outcome.answer == Answer::unreachable) {
    const std::uint32_t intervals = std::min<std::uint32_t>(1u << std::min(l.failed - 1, 8u), kMaxBackOff);
    const Duration interval = std::chrono::milliseconds(parts_.contract.terms().telemetry.interval_ms);
    l.next = now.boot + (intervals - 1) * interval + interval / 2;
  }
  return outcome;
}

Outcome Pusher::send_samples(const Subject& subject, std::span<const CycleSample> samples, bool last) {
  return send(Receiver::remote_write, "POST", "", kRemoteWriteHeaders, builder_.build(subject, samples),
              last);
}

void Pusher::post_alarm() {
  constexpr std::string_view kHeaders[] = {"Content-Type: application/json"};
  if (newest_.verdict.latched) {
    const TimeStamp now = parts_.clock.now();
    // Long enough for a contact or two to be missed.
    const Duration lasts =
        4 * std::max<Duration>(std::chrono::milliseconds(parts_.contract.terms().telemetry.interval_ms),
                               parts_.contract.period());
    const std::string body =
        alarm_post(newest_, gate_.is_open(now) ? std::optional(now.wall + lasts) : std::nullopt);
    const Outcome outcome =
        send(Receiver::alertmanager, "POST", "/api/v2/alerts", kHeaders, as_bytes(body), true);
    if (outcome.answer == Answer::taken) spool_.acknowledge(Receiver::alertmanager, receivers_);
  }
  --parts_left_;
}

void Pusher::write_remote() {
  // An empty request stores nothing but brings the server's Date.
  if (gate_.may_ask(parts_.clock.now())) send_samples(spool_.subject(), {}, false);
  const TimeStamp now = parts_.clock.now();
  const std::span<CycleSample> live = spool_.live(gate_, now);
  Outcome outcome;
  if (!live.empty()) {
    add_pusher(live.back(), facts());
    outcome = send_samples(spool_.subject(), live, spool_.facts().waiting <= live.size());
    if (outcome.answer == Answer::taken) spool_.acknowledge(Receiver::remote_write, receivers_);
  }
  spool_.live_done(outcome.answer == Answer::taken);
  const bool answered = outcome.answer == Answer::taken || outcome.answer == Answer::refused;
  if (gate_.is_open(now) && (live.empty() || answered)) write_backlog();
  --parts_left_;
}

void Pusher::write_backlog() {
  for (int i = 0; i < kBacklogRequests && spool_.has_backlog(); ++i) {
    const TimeStamp now = parts_.clock.now();
    if (!gate_.is_open(now)) return;
    const auto batch = spool_.backlog(gate_, now);
    if (!batch) {
      next(said_) << one_line(batch.error()).view();
      return;
    }
    if ((*batch)->samples.empty()) {
      spool_.backlog_done(true);
      continue;
    }
    const Outcome outcome =
        send_samples((*batch)->subject, (*batch)->samples, i + 1 == kBacklogRequests || !(*batch)->more);
    switch (outcome.answer) {
      case Answer::taken:
        spool_.backlog_done(true);
        break;
      case Answer::refused:
        spool_.backlog_done(false);  // a poison batch: it must not hold up what follows
        break;
      case Answer::unavailable:
        if (spool_.backlog_failed()) spool_.backlog_done(false);
        return;
      case Answer::unreachable:
        return;
    }
  }
}

void Pusher::put_snapshot() {
  const bool gateway = speaks_to(Receiver::pushgateway);
  if (!gateway && parts_.site.textfile.empty()) return;
  CycleSample sample = sample_of(newest_, spool_.state().head.totals);
  add_pusher(sample, facts());
  std::string text;
  append_exposition(text, sample, subject_of(newest_));
  if (!parts_.site.textfile.empty()) {
    const Status written = parts_.files.replace(parts_.site.textfile, as_bytes(text), kTextfileMode);
    if (!written) {
      spool_.count_failure();
      next(said_) << one_line(written.error()).view();
    }
  }
  if (!gateway) return;
  const std::string body = gzip(text);
  const std::string path = gateway_group(identity_.device.view());
  const Outcome outcome = send(Receiver::pushgateway, "PUT", path, kGatewayHeaders, as_bytes(body), true);
  if (outcome.answer == Answer::taken) spool_.acknowledge(Receiver::pushgateway, receivers_);
  --parts_left_;
}

}  // namespace torpor
