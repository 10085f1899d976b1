// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "contract/contract.h"
#include "site/site.h"
#include "telemetry/http/transport.h"
#include "telemetry/remote_write.h"
#include "telemetry/spool.h"

namespace torpor {

// Tells operations what the robot did: once per contract interval, and once more while an
// alarm waits to be acknowledged. Each contact, in this order:
//
//   alarm       Alertmanager, again at every contact while latched
//   live        remote write: the cycles since the last contact
//   backlog     remote write: older cycles, at most kBacklogRequests requests, and only after
//               the server has answered the live one
//   snapshot    Pushgateway and the textfile: the newest cycle
//   cursor      the spool's state is written
//
// A contact as a whole takes no longer than the site's deadline and the room it is given; a
// receiver that hangs gets its share of that and no more, and is then left alone for up to
// kMaxBackOff intervals. Nothing here can fail a cycle.
//
// add() touches no heap, no file and no network. One thread.
class Pusher {
 public:
  static constexpr int kBacklogRequests = 4;
  static constexpr int kMaxBackOff = 4;

  // All outlive the pusher.
  struct Parts {
    Files& files;
    const Clock& clock;
    Transport& transport;
    const Contract& contract;
    const TelemetrySite& site;
  };
  struct Identity {
    FixedString<64> device;
    FixedString<36> boot_id;
    std::string directory;  // of the record log
    RecordPlace log_end;    // when it was opened
  };
  // Errors: as Spool::open.
  static Result<Pusher> open(const Parts& parts, const Identity& identity);

  // A cycle whose report has become durable at `at`; `at` == `end`: its record could not be
  // written, so that it goes out live or not at all.
  void add(const CycleReport& report, RecordPlace at, RecordPlace end);

  // Makes contact where it is due. `room` is how long it may take, real time. What a person
  // should be told, where something changed for a receiver; empty: nothing.
  FixedString<400> contact_if_due(Duration room);

  const Spool& spool() const { return spool_; }

 private:
  struct Line {
    const TelemetryServer* server = nullptr;  // null: not configured
    std::uint32_t failed = 0;                 // contacts in a row
    BootTime next{};                          // not before
  };

  Pusher(const Parts& parts, const Identity& identity, Spool spool);
  Line& line(Receiver receiver) { return lines_[static_cast<std::size_t>(receiver)]; }
  [[nodiscard]] bool speaks_to(Receiver receiver) const;
  [[nodiscard]] bool is_due(BootTime now) const;
  void plan(BootTime now);
  Duration share() const;
  PusherFacts facts() const;
  Outcome send(Receiver receiver, std::string_view method, std::string_view path,
               std::span<const std::string_view> headers, Bytes body, bool last);
  Outcome send_samples(const Subject& subject, std::span<const CycleSample> samples, bool last);
  void post_alarm();
  void write_remote();
  void write_backlog();
  void put_snapshot();

  Parts parts_;
  Identity identity_;
  Spool spool_;
  ClockGate gate_;
  RemoteWriteBuilder builder_;
  std::array<Line, kReceivers> lines_{};
  std::uint8_t receivers_ = 0;  // bit per Receiver that is configured
  CycleReport newest_{};
  bool has_newest_ = false;

  BootTime next_{};        // when the next contact is due
  BootTime event_next_{};  // when an alarm that waits may ask for one of its own
  Duration event_wait_{};

  // Of the contact under way.
  BootTime began_{};
  Duration room_{};
  int parts_left_ = 0;
  FixedString<400> said_;
};

}  // namespace torpor
