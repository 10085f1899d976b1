// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/field_reader.h"

namespace torpor {

using namespace std::string_view_literals;  // known lengths: firmware has no strlen

namespace {

using cbor::MapReader;
using cbor::Reader;

// Fields that are not always there, and a major version of which nothing else is known.
Status read_by_hand(FieldReader& f, Hello& m) {
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
      case 9:
        TORPOR_CHECK(f.get(m.passing));
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

bool is_known(std::uint64_t type) {
  switch (type) {
#define TORPOR_MESSAGE(type, number, text, Struct, fields) case number:
#include "link/messages.def"
#undef TORPOR_MESSAGE
    return true;
    default:
      return false;
  }
}

Status read_body(FieldReader& f, Message& into) {
  switch (into.type) {
#define TORPOR_MESSAGE(type, number, text, Struct, fields) \
  case MessageType::type: {                                \
    Struct& m = into.type;                                 \
    return f.get_all fields;                               \
  }
#define TORPOR_MESSAGE_BY_HAND(type, number, text, Struct) \
  case MessageType::type:                                  \
    return read_by_hand(f, into.type);
#include "link/messages.def"
#undef TORPOR_MESSAGE
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
  if (!is_known(type)) return false;
  into = Message{};
  into.type = static_cast<MessageType>(type);
  FieldReader fields(map, reader, room);
  if (auto status = read_body(fields, into); !status) return malformed(name(into.type), status.error());
  // Behind the major of another protocol may stand anything.
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
