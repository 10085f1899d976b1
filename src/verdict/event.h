// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/result.h"

// What people tell a baseline: recorded, with a reason, kept in its history.
namespace torpor {

enum class EventKind : std::uint8_t {
  // "What is measured now is healthy": the fit stays, the calibration is collected anew.
  accept = 1,
  // "Forget what was learned": fit and calibration are collected anew.
  reset = 2,
  // A latched alarm was cleared, by a signed event (contract/maintenance.h). In the history only:
  // as a pending event, which nobody signed, it is refused as event_unsupported.
  maintenance = 3,
};
std::string_view name(EventKind kind);

struct BaselineEvent {
  EventKind kind = EventKind::accept;
  FixedString<160> reason;      // never empty, UTF-8, who says so and why
  std::int64_t recorded_s = 0;  // wall time when it was given
  // Number of events the baseline had taken when this one was written. It is applied only
  // while that is still true, so a crash between applying and deleting cannot apply it
  // twice.
  std::uint64_t after = 0;
  std::uint64_t cycle = 0;  // set when applied: the newest cycle judged before it
};

inline constexpr std::size_t kMaxEventBytes = 512;

// A pending event as a file of its own, docs/baseline.md. `stem` names the baseline it is
// meant for. Errors of decode: event_damaged (magic, length, CRC or content),
// event_unsupported (kind or version of a later torpor), baseline_foreign (another stem).
Result<Bytes> encode_event(const BaselineEvent& event, std::string_view stem, MutableBytes out);
Result<BaselineEvent> decode_event(Bytes bytes, std::string_view stem);

}  // namespace torpor
