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

Status read(Fields& f, WindowStart& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.window_id));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.samples));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(2);
}

Status read(Fields& f, SampleRoom room, Frame& m) {
  Bytes raw;
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.window_id));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.sequence));
        break;
      case 3:
        TORPOR_CHECK(f.get(m.capture_ns));
        break;
      case 4:
        TORPOR_CHECK(f.get(m.sensor));
        break;
      case 5:
        TORPOR_CHECK(f.get(m.rate_mhz));
        break;
      case 6:
        TORPOR_CHECK(f.get(m.scale_pg));
        break;
      case 7:
        TORPOR_CHECK(f.get(m.axes));
        break;
      case 8:
        TORPOR_CHECK(f.get(m.starts_block));
        break;
      case 9:
        TORPOR_CHECK(f.get(raw));
        if (raw.size() % sizeof(std::int16_t) != 0 || raw.size() > room.size_bytes())
          return f.out_of_range("whole samples, as many as a frame may hold");
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  TORPOR_CHECK(f.require(9));
  static_assert(std::endian::native == std::endian::little, "a big-endian port swaps samples here");
  if (!raw.empty()) std::memcpy(room.data(), raw.data(), raw.size());
  m.samples = room.first(raw.size() / sizeof(std::int16_t));
  return {};
}

Status read(Fields& f, WindowEnd& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.window_id));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.frames));
        break;
      case 3:
        TORPOR_CHECK(f.get(m.dropped));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(3);
}

Status read(Fields& f, ContextUpdate& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.window_id));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.context.rpm_milli));
        break;
      case 3:
        TORPOR_CHECK(f.get(m.context.load_permille));
        break;
      case 4:
        TORPOR_CHECK(f.get(m.context.temperature_mdeg));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(4);
}

Status read(Fields& f, SleepUntil& m) {
  std::int64_t until_ns = 0;
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(until_ns));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  m.until = BootTime(Duration(until_ns));
  return f.require(1);
}

Status read(Fields& f, BundleCopy& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.file));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(1);
}

Status read(Fields& f, Goodbye& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.reason));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(1);
}

Status read(Fields& f, Slept& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.level));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.slept));
        break;
      case 3:
        TORPOR_CHECK(f.get(m.failed_suspends));
        break;
      case 4:
        TORPOR_CHECK(f.get(m.reason));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(4);
}

Status read(Fields& f, Stopped& m) {
  while (f.next()) {
    switch (f.key()) {
      case 1:
        TORPOR_CHECK(f.get(m.after));
        break;
      case 2:
        TORPOR_CHECK(f.get(m.limit));
        break;
      default:
        TORPOR_CHECK(f.skip());
    }
  }
  return f.require(2);
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

Status read_body(Fields& fields, SampleRoom room, Message& into) {
  switch (into.type) {
    case MessageType::hello:
      return read(fields, into.hello);
    case MessageType::window_start:
      return read(fields, into.window_start);
    case MessageType::frame:
      return read(fields, room, into.frame);
    case MessageType::window_end:
      return read(fields, into.window_end);
    case MessageType::context:
      return read(fields, into.context);
    case MessageType::sleep:
      return read(fields, into.sleep);
    case MessageType::bundle:
      return read(fields, into.bundle);
    case MessageType::goodbye:
      return read(fields, into.goodbye);
    case MessageType::slept:
      return read(fields, into.slept);
    case MessageType::stopped:
      return read(fields, into.stopped);
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
