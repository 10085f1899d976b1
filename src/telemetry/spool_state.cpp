// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/spool_state.h"

#include "base/assertion.h"
#include "base/cbor.h"
#include "base/sealed.h"

namespace torpor {
namespace {

constexpr SealKind kCursor{.magic = "TCUR",
                           .version = 1,
                           .damaged = Reason::spool_cursor_damaged,
                           .unsupported = Reason::spool_cursor_version};

// Both directions walk the same list, so that they cannot differ.
struct Encode {
  cbor::Writer& writer;
  Status number(const std::uint64_t& value) {
    writer.uint(value);
    return {};
  }
  Status list(std::size_t items) {
    writer.array(items);
    return {};
  }
  Result<std::size_t> grown_list(std::size_t items) {
    writer.array(items);
    return items;
  }
  template <std::size_t N>
  Status text(const FixedString<N>& value) {
    writer.text(value.view());
    return {};
  }
};

struct Decode {
  cbor::Reader& reader;
  template <class T>
  Status number(T& value) {
    TORPOR_TRY(const std::uint64_t read, reader.uint());
    value = static_cast<T>(read);
    if (value != read) return Error{.reason = Reason::cbor_type, .where = "cursor", .found = "too large"};
    return {};
  }
  Status list(std::size_t items) {
    TORPOR_TRY(const std::size_t n, reader.array());
    if (n != items) return Error{.reason = Reason::cbor_type, .where = "cursor", .found = "another length"};
    return {};
  }
  // An earlier torpor counted fewer; those it did not know stay 0.
  Result<std::size_t> grown_list(std::size_t items) {
    TORPOR_TRY(const std::size_t n, reader.array());
    if (n > items) return Error{.reason = Reason::cbor_type, .where = "cursor", .found = "another length"};
    return n;
  }
  template <std::size_t N>
  Status text(FixedString<N>& value) {
    TORPOR_TRY(const std::string_view read, reader.text());
    if (read.size() > N) return Error{.reason = Reason::cbor_type, .where = "cursor", .found = "a long text"};
    value = FixedString<N>(read);
    return {};
  }
};

template <class Codec, class Place>
Status walk_place(Codec& codec, Place& place) {
  TORPOR_CHECK(codec.list(2));
  TORPOR_CHECK(codec.number(place.segment));
  return codec.number(place.offset);
}

template <class Codec, class List>
Status walk_list(Codec& codec, List& list) {
  TORPOR_CHECK(codec.list(list.size()));
  for (auto& item : list) TORPOR_CHECK(codec.number(item));
  return {};
}

template <class Codec, class Mark>
Status walk_mark(Codec& codec, Mark& mark) {
  TORPOR_CHECK(codec.list(8));
  TORPOR_CHECK(walk_place(codec, mark.place));
  TORPOR_CHECK(codec.number(mark.cycle));
  TORPOR_CHECK(codec.number(mark.totals.cycles));
  TORPOR_CHECK(walk_list(codec, mark.totals.energy_uj));
  TORPOR_CHECK(walk_list(codec, mark.totals.drops));
  TORPOR_TRY(const std::size_t kinds, codec.grown_list(mark.totals.breaches.size()));
  for (std::size_t i = 0; i < kinds; ++i) TORPOR_CHECK(codec.number(mark.totals.breaches[i]));
  TORPOR_CHECK(codec.number(mark.totals.idle_residency_ns));
  return codec.number(mark.totals.resident);
}

template <class Codec, class Event>
Status walk_event(Codec& codec, Event& event) {
  TORPOR_CHECK(codec.list(4));
  TORPOR_CHECK(codec.text(event.sensor));
  TORPOR_CHECK(codec.number(event.arming_epoch));
  TORPOR_CHECK(codec.number(event.first_crossing_cycle));
  return codec.number(event.taken_by);
}

template <class Codec, class State>
Status walk(Codec& codec, State& state) {
  TORPOR_CHECK(codec.list(12));
  TORPOR_CHECK(walk_mark(codec, state.head));
  TORPOR_CHECK(walk_mark(codec, state.cursor));
  TORPOR_CHECK(walk_place(codec, state.run_from));
  TORPOR_CHECK(walk_place(codec, state.run_to));
  TORPOR_CHECK(codec.number(state.run_cycles));
  TORPOR_CHECK(codec.number(state.lost));
  TORPOR_CHECK(codec.number(state.failures));
  TORPOR_CHECK(codec.number(state.refusals));
  TORPOR_CHECK(codec.number(state.attempts));
  TORPOR_CHECK(walk_event(codec, state.newest_event));
  TORPOR_CHECK(codec.number(state.event_count));
  if (state.event_count > kMaxEvents)
    return Error{.reason = Reason::cbor_type, .where = "cursor", .found = "too many events"};
  TORPOR_CHECK(codec.list(state.event_count));
  for (std::size_t i = 0; i < state.event_count; ++i) TORPOR_CHECK(walk_event(codec, state.events[i]));
  return {};
}

}  // namespace

std::string_view name(Receiver receiver) {
  constexpr std::string_view kNames[kReceivers] = {"remote_write", "pushgateway", "alertmanager"};
  return kNames[static_cast<std::size_t>(receiver)];
}

bool is_in_order(const SpoolState& state) {
  return state.cursor.place <= state.head.place && state.run_from <= state.run_to &&
         state.run_to <= state.head.place && state.event_count <= kMaxEvents;
}

Result<Bytes> encode_spool_state(const SpoolState& state, MutableBytes out) {
  TORPOR_ASSERT(is_in_order(state), "spool_state.what_is_written_is_in_order");
  cbor::Writer writer(payload_room(out));
  Encode codec{writer};
  TORPOR_CHECK(walk(codec, state));
  return seal(out, kCursor, writer);
}

Result<SpoolState> decode_spool_state(Bytes bytes, std::string_view where) {
  TORPOR_TRY(const Bytes payload, unseal(bytes, kCursor, where));
  cbor::Reader reader(payload, "cursor");
  Decode codec{reader};
  SpoolState state;
  Status read = walk(codec, state);
  if (read) read = reader.finish();
  if (read && !is_in_order(state))
    read = Error{.reason = Reason::cbor_type, .where = "cursor", .found = "places out of order"};
  if (read) return state;
  Error error = read.error();
  error.reason = Reason::spool_cursor_damaged;
  error.where = where;
  return error;
}

}  // namespace torpor
