// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/event.h"

#include "base/assertion.h"
#include "base/sealed.h"
#include "verdict/event_codec.h"

namespace torpor {
namespace {

constexpr SealKind kEventSeal = {"TPEV", 1, Reason::event_damaged, Reason::event_unsupported};

[[nodiscard]] bool reads_back(Bytes written, const BaselineEvent& event, std::string_view stem) {
  const auto again = decode_event(written, stem);
  return again && again->kind == event.kind && again->reason == event.reason &&
         again->recorded_s == event.recorded_s && again->after == event.after && again->cycle == event.cycle;
}

}  // namespace

void put_event(cbor::Writer& out, const BaselineEvent& event) {
  out.array(5);
  out.uint(static_cast<std::uint64_t>(event.kind));
  out.text(event.reason);
  out.integer(event.recorded_s);
  out.uint(event.after);
  out.uint(event.cycle);
}

Result<BaselineEvent> take_event(cbor::Reader& in) {
  BaselineEvent event;
  TORPOR_TRY(const std::size_t items, in.array());
  TORPOR_TRY(const std::uint64_t kind, in.uint());
  // Before anything else is read: a later kind may have other members.
  if (items != 5 || kind < 1 || kind > 3) {
    Error e{Reason::event_unsupported, "event", {}, "accept or reset"};
    e.found << "kind " << kind << " of " << items << " members";
    return e;
  }
  event.kind = static_cast<EventKind>(kind);
  TORPOR_TRY(const std::string_view reason, in.text());
  event.reason = reason;
  TORPOR_TRY(event.recorded_s, in.integer());
  TORPOR_TRY(event.after, in.uint());
  TORPOR_TRY(event.cycle, in.uint());
  return event;
}

// A file of its own instead of a change to the baseline: torpord may be writing that (docs/decisions.md).
Result<Bytes> encode_event(const BaselineEvent& event, std::string_view stem, MutableBytes out) {
  cbor::Writer w(payload_room(out));
  // The stem stands inside, so that a file renamed or copied to another sensor is refused.
  w.map(2);
  w.uint(1);
  w.text(stem);
  w.uint(2);
  put_event(w, event);
  TORPOR_TRY(const Bytes sealed, seal(out, kEventSeal, w));
  TORPOR_ASSERT(reads_back(sealed, event, stem), "verdict.a_pending_event_reads_back");
  return sealed;
}

Result<BaselineEvent> decode_event(Bytes bytes, std::string_view stem) {
  TORPOR_TRY(const Bytes body, unseal(bytes, kEventSeal, stem));
  const auto parse = [&]() -> Result<BaselineEvent> {
    cbor::Reader in(body, "event");
    TORPOR_TRY(const std::size_t pairs, in.map());
    TORPOR_TRY(const std::uint64_t first, in.uint());
    // Each key is asked for its number: the map is a form, not a choice.
    TORPOR_TRY(const std::string_view meant, in.text());
    TORPOR_TRY(const std::uint64_t second, in.uint());
    if (pairs != 2 || first != 1 || second != 2)
      return Error{Reason::event_damaged, "event", "other members", "stem and event"};
    if (meant != stem) return Error{Reason::baseline_foreign, "event", meant, stem};
    TORPOR_TRY(const BaselineEvent event, take_event(in));
    TORPOR_CHECK(in.finish());
    return event;
  };
  auto event = parse();
  // These two tell what to do; all others, the reader's own among them, mean a damaged file.
  if (event || event.error().reason == Reason::baseline_foreign ||
      event.error().reason == Reason::event_unsupported)
    return event;
  Error e = event.error();
  e.reason = Reason::event_damaged;
  return e;
}

}  // namespace torpor
