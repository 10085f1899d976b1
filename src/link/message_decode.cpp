// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <bit>

#include "link/message_fields.h"

namespace torpor {

using namespace std::string_view_literals;  // known lengths: firmware has no strlen

namespace {

using cbor::MapReader;
using cbor::Reader;
using Fields = MessageFields;

Status read(Fields& f, Hello& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.major));
        if (m.major != kProtocolMajor) return {};  // nothing else may be assumed
        break;
      case 2:
        TORPOR_CHECK(f.get(m.minor));
        break;
      case 3:
        TORPOR_CHECK(f.get(m.role));
        break;
      case 4:
        TORPOR_CHECK(f.get(m.boot_epoch));
        break;
      case 5:
        TORPOR_CHECK(f.get(m.speed_permille));
        break;
      case 6:
        TORPOR_CHECK(f.get(m.refusal));
        break;
      case 7:
        TORPOR_CHECK(f.get(m.digest));
        break;
      case 8:
        TORPOR_CHECK(f.get(m.sequence));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  TORPOR_CHECK(f.require(5));
  // Either a contract or the reason for having none.
  if (m.refusal.empty()) {
    if (!f.saw(7)) return f.missing(7);
    if (!f.saw(8)) return f.missing(8);
  }
  return {};
}

Status read(Fields& f, SampleRoom room, Frame& m) {
  Bytes raw;
  TORPOR_CHECK(f.get_all(m.window_id, m.sequence, m.capture_ns, m.sensor, m.rate_mhz, m.scale_pg, m.axes,
                         m.starts_block, raw));
  if (raw.size() % sizeof(std::int16_t) != 0 || raw.size() > room.size_bytes())
    return f.out_of_range(9, "whole samples, as many as a frame may hold");
  static_assert(std::endian::native == std::endian::little, "a big-endian port swaps samples here");
  if (!raw.empty()) std::memcpy(room.data(), raw.data(), raw.size());
  m.samples = room.first(raw.size() / sizeof(std::int16_t));
  return {};
}

Status read_type(MapReader& map, Reader& reader, std::uint64_t& type) {
  const bool some = map.next();
  TORPOR_CHECK(map.status());
  if (!some || map.key() != 0) {
    Error error{.reason = Reason::message_malformed, .where = "key 0"sv};
    error.found << "nothing"sv;
    error.expected << "the message type first"sv;
    return error;
  }
  TORPOR_TRY(type, reader.uint());
  return {};
}

Status read_body(Fields& f, SampleRoom room, Message& into) {
  switch (into.type) {
    case MessageType::hello:
      return read(f, into.hello);
    case MessageType::window_start:
      return f.get_all(into.window_start.window_id, into.window_start.samples);
    case MessageType::frame:
      return read(f, room, into.frame);
    case MessageType::window_end:
      return f.get_all(into.window_end.window_id, into.window_end.frames, into.window_end.dropped);
    case MessageType::context:
      return f.get_all(into.context.window_id, into.context.context.rpm_milli,
                       into.context.context.load_permille, into.context.context.temperature_mdeg);
    case MessageType::sleep:
      return f.get_all(into.sleep.until);
    case MessageType::bundle:
      return f.get_all(into.bundle.file);
    case MessageType::goodbye:
      return f.get_all(into.goodbye.reason);
    case MessageType::slept:
      return f.get_all(into.slept.level, into.slept.slept, into.slept.failed_suspends, into.slept.reason);
    case MessageType::stopped:
      return f.get_all(into.stopped.after, into.stopped.limit);
  }
  return {};
}

// Whatever was wrong inside, to the caller it is a message that is none, of the peer.
Error malformed(std::string_view type, const Error& inner) {
  Error error{.reason = Reason::message_malformed, .found = inner.found, .expected = inner.expected};
  error.where << "peer: "sv << type << ": "sv << inner.where;
  return error;
}

}  // namespace

Result<bool> decode(Bytes payload, SampleRoom room, Message& into) {
  Reader reader(payload, "payload"sv);
  MapReader map(reader);
  std::uint64_t type = 0;
  if (auto status = read_type(map, reader, type); !status) return malformed("message"sv, status.error());
  if (type < static_cast<std::uint64_t>(MessageType::hello) ||
      type > static_cast<std::uint64_t>(MessageType::stopped)) {
    return false;
  }
  into = Message{};
  into.type = static_cast<MessageType>(type);
  Fields fields(map, reader);
  if (auto status = read_body(fields, room, into); !status) return malformed(name(into.type), status.error());
  const bool foreign = into.type == MessageType::hello && into.hello.major != kProtocolMajor;
  if (!foreign) {
    if (auto status = reader.finish(); !status) return malformed(name(into.type), status.error());
  }
  return true;
}

const Message* MessageReader::next(Bytes& in) {
  while (auto payload = deframer_.next(in)) {
    auto known = decode(*payload, samples_, message_);
    if (!known) {
      ++malformed_;
      last_malformed_ = known.error();
    } else if (!*known) {
      ++unknown_;
    } else {
      ++messages_;
      return &message_;
    }
  }
  return nullptr;
}

}  // namespace torpor
