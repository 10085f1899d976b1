// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/files.h"
#include "notes/refusal_note.h"
#include "site/site.h"
#include "telemetry/clock_gate.h"
#include "telemetry/http/transport.h"

namespace torpor {

// Tells the site's servers of the refusal that stands in a role's STATE, and takes back those that
// are over, each server until it has acknowledged, whoever calls: the role as it ends, the role
// in its next good cycles, `torpor telemetry retry` by a timer. What was acknowledged is kept in STATE
// (notes/refusal_note.h).
//
//   remote write  torpor_refusal 1 and torpor_refusal_timestamp_seconds; its end is the value 0.
//                 Samples carry the time of telling, once the clock is proven (ClockGate): a
//                 server may have no room for the past. When it refused is the second's value.
//   Pushgateway   the same, added to the robot's group, which its next good cycle replaces
//   Alertmanager  the alert TorporRefused. It needs no date and forgets what is not repeated, so it
//                 is told at every call while the refusal stands; its end is told where the
//                 clock is synchronised, else it lapses by itself
//   textfile      STATE/refusal.prom lies there already; it is dated anew once the clock is right
//
// A refusal of a clock that was wrong is dated by its boottime, one of an earlier boot by the
// moment it is told.
struct RefusalTelling {
  FixedString<400> said;  // what could not be told, and why; empty: nothing
  std::size_t left = 0;   // answers that are still waited for: another call is needed
};

class RefusalTeller {
 public:
  // Outlive the teller.
  struct Parts {
    Files& files;
    const Clock& clock;
    Transport& transport;
    const TelemetrySite& site;
  };
  struct Identity {
    std::string state;   // directory of the role
    std::string device;  // for a refusal that came before the site was known
    FixedString<36> boot_id;
    std::int64_t not_before_s = 0;  // of the contract; 0: none. No clock before it is believed
  };
  RefusalTeller(const Parts& parts, Identity identity);

  // All that is due, in at most `room`, real time. `fresh` is a refusal that may not have been kept: it
  // is told from memory where STATE does not hold it.
  RefusalTelling tell(Duration room, const RefusalNote* fresh = nullptr);

 private:
  enum class Change : std::uint8_t { begins, ends };
  struct Server {
    std::string_view name;
    const TelemetryServer& to;
    bool failed = false;  // in this call: not asked again
  };
  void tell_one(RefusalNote& note, Change change);
  [[nodiscard]] bool write(const RefusalNote& note, Change change);
  [[nodiscard]] bool show(const RefusalNote& note);
  [[nodiscard]] bool alert(const RefusalNote& note, Change change);
  void open_gate();
  [[nodiscard]] bool send(Server& server, Request request);
  std::optional<WallTime> date_of(const RefusalNote& note) const;
  std::string instance_of(const RefusalNote& note) const;

  Parts parts_;
  Identity identity_;
  ClockGate gate_;
  Server remote_write_, pushgateway_, alertmanager_;
  BootTime began_{};
  Duration room_{};
  int requests_left_ = 0;  // that share the room
  RefusalTelling telling_;
};

}  // namespace torpor
