// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

#include "report/cycle_report.h"

namespace torpor {

// The kinds of breach one record counts for, once each.
std::array<bool, kBreachKinds> breach_kinds(const CycleReport& report);

// The running counters behind the `_total` metrics, in whole units, so that the same
// reports give the same totals whoever adds them up and however often they restart: live,
// or again from the record log.
struct Totals {
  std::uint64_t cycles = 0;
  std::array<std::uint64_t, kPhases> energy_uj{};
  std::array<std::uint64_t, kDropReasons> drops{};
  std::array<std::uint64_t, kBreachKinds> breaches{};
  std::uint64_t idle_residency_ns = 0;
  bool resident = false;  // the newest report left the compute device held

  // Reports come in the order of the log.
  void add(const CycleReport& report);
  bool operator==(const Totals&) const = default;
};

// What the pusher itself knows; true only at the moment it is sent.
struct PusherFacts {
  std::uint64_t interval_ms = 0;  // contract: from contact to contact
  std::uint64_t waiting = 0;      // cycles not delivered
  std::uint64_t lost = 0;         // cycles that can no longer be delivered
  std::uint64_t failures = 0;     // requests
};

}  // namespace torpor
