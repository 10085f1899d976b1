// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "log/segment.h"
#include "telemetry/totals.h"

// What is known of the record log's way out: the cursor file, docs/telemetry.md.
namespace torpor {

// A place in the log and what all records before it amount to.
struct SpoolMark {
  RecordPlace place;
  std::uint64_t cycle = 0;  // number of the newest of them; 0: none
  Totals totals;
};

// The servers that acknowledge, each for itself.
enum class Receiver : std::uint8_t { remote_write, pushgateway, alertmanager };
inline constexpr std::size_t kReceivers = 3;
std::string_view name(Receiver receiver);

// An alarm as operations are told of it: at least once to every receiver. Device and sensor
// are the other half of its id.
struct AlarmEvent {
  FixedString<32> sensor;
  std::uint64_t arming_epoch = 0;
  std::uint64_t first_crossing_cycle = 0;
  std::uint8_t taken_by = 0;  // bit per Receiver
  [[nodiscard]] bool is(std::uint64_t epoch, std::uint64_t cycle) const {
    return arming_epoch == epoch && first_crossing_cycle == cycle;
  }
};
inline constexpr std::size_t kMaxEvents = 8;

struct SpoolState {
  SpoolMark head;    // the end of the log as far as it was added up
  SpoolMark cursor;  // every record before it was delivered or is lost
  // The newest unbroken run of records that went out live, beyond the cursor.
  RecordPlace run_from;
  RecordPlace run_to;
  std::uint64_t run_cycles = 0;
  std::uint64_t lost = 0;
  std::uint64_t failures = 0;
  std::uint64_t refusals = 0;  // starts refused, as earlier versions counted them: kept, not told
  std::uint32_t attempts = 0;  // of the records at the cursor, while the server took others
  AlarmEvent newest_event;     // the last alarm that was seen, acknowledged or not
  std::uint32_t event_count = 0;
  std::array<AlarmEvent, kMaxEvents> events{};  // not acknowledged by all; oldest first
};

// The order of its places, which every spool keeps: cursor, run and head lie in the log in
// this order, as far as they are apart. Asserted before writing; a file that breaks it is
// damaged.
[[nodiscard]] bool is_in_order(const SpoolState& state);

inline constexpr std::size_t kMaxSpoolStateBytes = 4096;

// No heap. Errors: cbor_no_room never, where `out` holds kMaxSpoolStateBytes.
Result<Bytes> encode_spool_state(const SpoolState& state, MutableBytes out);
// spool_cursor_damaged, spool_cursor_version.
Result<SpoolState> decode_spool_state(Bytes bytes, std::string_view where);

}  // namespace torpor
