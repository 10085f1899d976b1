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

// A gate of each server's own: the clock of one says nothing of what another can take.
std::array<Pusher::Line, kReceivers> Pusher::lines_of(const Parts& parts, const Identity& identity) {
  const Line line{.gate = ClockGate(parts.contract.terms().not_before_s, identity.boot_id),
                  .server = nullptr,
                  .failed = 0,
                  .next = {},
                  .said = {}};
  return {line, line, line};
}

Pusher::Pusher(const Parts& parts, const Identity& identity, Spool spool)
    : parts_(parts), identity_(identity), spool_(std::move(spool)), lines_(lines_of(parts, identity)) {
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
  has_taken_ = false;
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
  say_file("telemetry.cursor", cursor_said_, spool_.save());
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
  Line& l = line(receiver);
  return send_as(
      l.said, name(receiver), receiver,
      {.method = method, .to = l.server, .path = path, .headers = headers, .body = body, .last = last});
}

Outcome Pusher::send_as(Said& said, std::string_view who, Receiver receiver, const Request& request) {
  const Duration deadline = share();
  Outcome outcome;
  if (deadline < kLeastShare) {
    outcome.said = "no time left in this cycle";
    return outcome;
  }
  Line& l = line(receiver);
  TORPOR_ASSERT(l.server != nullptr, "pusher.only_a_configured_receiver_is_spoken_to");
  outcome = parts_.transport.send(request, deadline);
  const TimeStamp now = parts_.clock.now();
  if (outcome.answer == Answer::taken || outcome.date) l.gate.hear(now, outcome.date);
  say(who, said, outcome);
  if (outcome.answer == Answer::taken) {
    l.failed = 0;
    return outcome;
  }
  spool_.count_failure();
  ++l.failed;
  l.next = now.boot + rest_after(outcome, l, now);
  return outcome;
}

// One that answers at once costs little and may be asked again at the next contact, unless it asks
// for more. No server may ask for so much that the contract's spool is lost meanwhile.
Duration Pusher::rest_after(const Outcome& outcome, const Line& line, const TimeStamp& now) const {
  const auto& telemetry = parts_.contract.terms().telemetry;
  if (const auto asked = asked_wait(outcome, now.wall))
    return std::min({*asked, kLongestWait, Duration(std::chrono::milliseconds(telemetry.spool_age_ms)) / 2});
  if (outcome.answer != Answer::unreachable) return {};
  const std::uint32_t intervals = std::min<std::uint32_t>(1u << std::min(line.failed - 1, 8u), kMaxBackOff);
  const Duration interval = std::chrono::milliseconds(telemetry.interval_ms);
  return (intervals - 1) * interval + interval / 2;
}

void Pusher::say(std::string_view who, Said& said, const Outcome& outcome) {
  const bool same = said.answer == outcome.answer && said.status == outcome.status;
  const bool well = outcome.answer == Answer::taken;
  if (well && said.answer != Answer::taken) next(said_) << who << ": well again";
  if (!well && !same) {
    next(said_) << who << ": " << name(outcome.answer);
    if (outcome.status != 0) said_ << " (" << outcome.status << ")";
    if (const auto asked = asked_wait(outcome, parts_.clock.now().wall))
      said_ << ", asks to wait " << std::chrono::duration_cast<std::chrono::seconds>(*asked).count() << " s";
    said_ << words_of(outcome).view();
  }
  said = {.answer = outcome.answer, .status = well ? 0 : outcome.status};
}

// A clock that keeps cycles back is no failed request, and would else be seen by nobody.
void Pusher::say_clock(const TimeStamp& now) {
  const ClockGate& gate = line(Receiver::remote_write).gate;
  const ClockWait waits = gate.waits_for(now);
  const bool follows = gate.shift() != Duration::zero();
  if (waits == ClockWait::server_clock) spool_.count_failure();
  // That it was not answered was said of the request.
  if (waits == ClockWait::answer || (waits == clock_said_ && follows == shift_said_)) return;
  clock_said_ = waits;
  shift_said_ = follows;
  next(said_) << name(Receiver::remote_write) << ": " << torpor::words_of(gate, now).view();
}

void Pusher::say_file(std::string_view what, std::optional<Reason>& said, const Status& written) {
  if (written && said) next(said_) << what << ": well again";
  if (!written && said != written.error().reason) next(said_) << one_line(written.error()).view();
  said = written ? std::nullopt : std::optional(written.error().reason);
}

Outcome Pusher::send_samples(const Subject& subject, std::span<const CycleSample> samples, bool last) {
  const Outcome outcome =
      send(Receiver::remote_write, "POST", "", kRemoteWriteHeaders, builder_.build(subject, samples), last);
  has_taken_ = has_taken_ || outcome.answer == Answer::taken;
  return outcome;
}

// Said apart from live requests, which may be taken all the while.
Outcome Pusher::send_backlog(const Spool::Batch& batch, bool last) {
  const Outcome outcome = send_as(backlog_said_, "remote_write, older cycles", Receiver::remote_write,
                                  {.method = "POST",
                                   .to = line(Receiver::remote_write).server,
                                   .path = "",
                                   .headers = kRemoteWriteHeaders,
                                   .body = builder_.build(batch.subject, batch.samples),
                                   .last = last});
  has_taken_ = has_taken_ || outcome.answer == Answer::taken;
  return outcome;
}

// By Alertmanager's clock where it was heard, else by any server's that was: without a date it takes
// the alarm for over after some minutes, which may be less than an interval.
std::optional<WallTime> Pusher::alarm_end(const TimeStamp& now) const {
  // Long enough for a contact or two to be missed.
  const Duration lasts =
      4 * std::max<Duration>(std::chrono::milliseconds(parts_.contract.terms().telemetry.interval_ms),
                             parts_.contract.period());
  const ClockGate& own = lines_[static_cast<std::size_t>(Receiver::alertmanager)].gate;
  if (own.has_heard()) return own.is_open(now) ? std::optional(now.wall + own.shift() + lasts) : std::nullopt;
  for (const Line& l : lines_)
    if (l.gate.is_open(now) && l.gate.shift() == Duration::zero()) return now.wall + lasts;
  return std::nullopt;
}

void Pusher::post_alarm() {
  constexpr std::string_view kHeaders[] = {"Content-Type: application/json"};
  if (newest_.verdict.latched) {
    const std::string body = alarm_post(newest_, alarm_end(parts_.clock.now()));
    const Outcome outcome =
        send(Receiver::alertmanager, "POST", "/api/v2/alerts", kHeaders, as_bytes(body), true);
    if (outcome.answer == Answer::taken) spool_.acknowledge(Receiver::alertmanager, receivers_);
  }
  --parts_left_;
}

void Pusher::write_remote() {
  const ClockGate& gate = line(Receiver::remote_write).gate;
  // An empty request stores nothing but brings the server's Date.
  if (gate.may_ask(parts_.clock.now())) send_samples(spool_.subject(), {}, false);
  const TimeStamp now = parts_.clock.now();
  say_clock(now);
  // It may have asked to be left alone just now.
  const bool goes_on = speaks_to(Receiver::remote_write);
  std::span<CycleSample> live;
  if (goes_on) live = spool_.live(gate, now);
  bool taken = false;
  if (!live.empty()) {
    add_pusher(live.back(), facts());
    const Outcome outcome = send_samples(spool_.subject(), live, spool_.facts().waiting <= live.size());
    taken = outcome.answer == Answer::taken;
    if (taken) spool_.acknowledge(Receiver::remote_write, receivers_);
  }
  spool_.live_done(taken);
  if (goes_on && (live.empty() || taken)) write_backlog();
  --parts_left_;
}

void Pusher::write_backlog() {
  const ClockGate& gate = line(Receiver::remote_write).gate;
  for (int i = 0; i < kBacklogRequests && spool_.has_backlog(); ++i) {
    const TimeStamp now = parts_.clock.now();
    if (!gate.is_open(now)) return;
    const auto batch = spool_.backlog(gate, now);
    if (!batch) {
      next(said_) << one_line(batch.error()).view();
      return;
    }
    if ((*batch)->samples.empty()) {
      spool_.backlog_done(true);
      continue;
    }
    const Outcome outcome = send_backlog(**batch, i + 1 == kBacklogRequests || !(*batch)->more);
    if (outcome.answer == Answer::taken) {
      spool_.backlog_done(true);
      continue;
    }
    // What takes nothing else today judges no batch.
    const bool refused = outcome.answer == Answer::refused;
    const bool judged = refused || outcome.answer == Answer::unavailable;
    if (!judged || !has_taken_ || !spool_.backlog_failed(now.boot, refused)) return;
    spool_.backlog_done(false);  // it must not hold up what follows for ever
    if (!refused) return;
  }
}

void Pusher::write_textfile(std::string_view text) {
  const Status written = parts_.files.replace(parts_.site.textfile, as_bytes(text), kTextfileMode);
  if (!written) spool_.count_failure();
  say_file("telemetry.textfile", textfile_said_, written);
}

void Pusher::put_snapshot() {
  const bool gateway = speaks_to(Receiver::pushgateway);
  if (!gateway && parts_.site.textfile.empty()) return;
  CycleSample sample = sample_of(newest_, spool_.state().head.totals);
  add_pusher(sample, facts());
  std::string text;
  append_exposition(text, sample, subject_of(newest_));
  if (!parts_.site.textfile.empty()) write_textfile(text);
  if (!gateway) return;
  const std::string body = gzip(text);
  const std::string path = gateway_group(identity_.device.view());
  const Outcome outcome = send(Receiver::pushgateway, "PUT", path, kGatewayHeaders, as_bytes(body), true);
  if (outcome.answer == Answer::taken) spool_.acknowledge(Receiver::pushgateway, receivers_);
  --parts_left_;
}

}  // namespace torpor
