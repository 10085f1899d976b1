// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <bit>
#include <limits>

#include "base/cbor.h"
#include "link/message.h"

namespace torpor {

using namespace std::string_view_literals;  // known lengths: firmware has no strlen

namespace {

using cbor::MapReader;
using cbor::Reader;

// Walks the keys of one message and remembers which were there.
class Fields {
 public:
  Fields(MapReader& map, Reader& reader) : map_(map), reader_(reader) {}

  bool next() {
    if (!map_.next()) return false;
    if (key() >= 0 && key() < 32) seen_ |= 1u << key();
    return true;
  }
  std::int64_t key() const { return map_.key(); }
  bool saw(unsigned key) const { return ((seen_ >> key) & 1u) != 0; }
  Status skip() { return map_.skip(); }

  Status get(std::uint64_t& into) {
    TORPOR_TRY(into, reader_.uint());
    return {};
  }
  Status get(std::uint32_t& into) {
    TORPOR_TRY(const std::uint64_t value, reader_.uint());
    if (value > std::numeric_limits<std::uint32_t>::max()) return out_of_range("at most 32 bits"sv);
    into = static_cast<std::uint32_t>(value);
    return {};
  }
  Status get(std::int64_t& into) {
    TORPOR_TRY(into, reader_.integer());
    return {};
  }
  Status get(std::int32_t& into) {
    TORPOR_TRY(const std::int64_t value, reader_.integer());
    if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
      return out_of_range("at most 32 bits"sv);
    into = static_cast<std::int32_t>(value);
    return {};
  }
  Status get(bool& into) {
    TORPOR_TRY(into, reader_.boolean());
    return {};
  }
  Status get(ReasonName& into) {
    TORPOR_TRY(const std::string_view text, reader_.text());
    if (text.size() > ReasonName::capacity()) return out_of_range("a name of at most 48 bytes"sv);
    // What a peer says ends up in our log: only what a reason's name is made of.
    for (char c : text)
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return out_of_range("a..z, 0..9 and _"sv);
    into = ReasonName(text);
    return {};
  }
  Status get(LinkRole& into) {
    TORPOR_TRY(const std::uint64_t value, reader_.uint());
    if (value > 1) return out_of_range("0 or 1"sv);
    into = static_cast<LinkRole>(value);
    return {};
  }
  Status get(SleepLevel& into) {
    TORPOR_TRY(const std::uint64_t value, reader_.uint());
    if (value > 1) return out_of_range("0 or 1"sv);
    into = static_cast<SleepLevel>(value);
    return {};
  }
  Status get(Duration& into) {
    TORPOR_TRY(const std::int64_t value, reader_.integer());
    if (value < 0) return out_of_range("no negative time"sv);
    into = Duration(value);
    return {};
  }
  Status get(Digest& into) {
    TORPOR_TRY(const Bytes raw, reader_.bytes());
    if (raw.size() != into.size()) return out_of_range("32 bytes"sv);
    std::memcpy(into.data(), raw.data(), into.size());
    return {};
  }
  Status get(Bytes& into) {
    TORPOR_TRY(into, reader_.bytes());
    return {};
  }
  Status out_of_range(std::string_view expected) const {
    Error error{.reason = Reason::message_malformed};
    error.where << "key "sv << key();
    error.found << "another value"sv;
    error.expected << expected;
    return error;
  }
  // After the last key: keys 1..last were all there.
  Status require(unsigned last) const {
    TORPOR_CHECK(map_.status());
    for (unsigned k = 1; k <= last; ++k)
      if (!saw(k)) return missing(k);
    return {};
  }
  Status missing(unsigned k) const {
    Error error{.reason = Reason::message_malformed};
    error.where << "key "sv << k;
    error.found << "nothing"sv;
    error.expected << "a value"sv;
    return error;
  }

 private:
  MapReader& map_;
  Reader& reader_;
  std::uint32_t seen_ = 1;  // key 0, the type
};

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
          return f.out_of_range("whole samples, as many as a frame may hold"sv);
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
