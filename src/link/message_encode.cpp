// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <bit>

#include "base/cbor.h"
#include "link/message.h"

// The keys of each message are listed in docs/link.md; message_decode.cpp is the other half.
namespace torpor {
namespace {

// A map of `keys` fields and the type, and then the fields in the order of their keys.
class Fields {
 public:
  Fields(MessageType type, std::size_t keys, MutableBytes out)
      : type_(type), room_(out.size()), writer_(out) {
    writer_.map(keys + 1);
    put(0, static_cast<std::uint64_t>(type));
  }
  Fields& put(unsigned key, std::uint64_t value) {
    writer_.uint(key);
    writer_.uint(value);
    return *this;
  }
  Fields& put_signed(unsigned key, std::int64_t value) {
    writer_.uint(key);
    writer_.integer(value);
    return *this;
  }
  Fields& put_text(unsigned key, std::string_view value) {
    writer_.uint(key);
    writer_.text(value);
    return *this;
  }
  Fields& put_bytes(unsigned key, Bytes value) {
    writer_.uint(key);
    writer_.bytes(value);
    return *this;
  }
  Fields& put_flag(unsigned key, bool value) {
    writer_.uint(key);
    writer_.boolean(value);
    return *this;
  }
  Result<Bytes> finish() const {
    auto bytes = writer_.finish();
    if (bytes) return bytes;
    Error error{.reason = Reason::message_too_long};
    error.where << name(type_);
    error.found << "more than " << room_ << " bytes";
    error.expected << "a payload of at most " << kMaxMessageBytes;
    return error;
  }

 private:
  MessageType type_;
  std::size_t room_;
  cbor::Writer writer_;
};

}  // namespace

std::string_view name(MessageType type) {
  constexpr std::string_view kNames[] = {"?",     "HELLO",  "WINDOW_START", "FRAME", "WINDOW_END", "CONTEXT",
                                         "SLEEP", "BUNDLE", "GOODBYE",      "SLEPT", "STOPPED"};
  const auto i = static_cast<std::size_t>(type);
  return i < std::size(kNames) ? kNames[i] : kNames[0];
}

std::string_view name(LinkRole role) {
  return role == LinkRole::sampler ? std::string_view("sampler") : std::string_view("detector");
}

Result<Bytes> encode(const Hello& m, MutableBytes out) {
  const bool refuses = !m.refusal.empty();
  Fields fields(MessageType::hello, refuses ? 6 : 7, out);
  fields.put(1, m.major)
      .put(2, m.minor)
      .put(3, static_cast<std::uint64_t>(m.role))
      .put(4, m.boot_epoch)
      .put(5, m.speed_permille);
  if (refuses) return fields.put_text(6, m.refusal).finish();
  return fields.put_bytes(7, m.digest).put(8, m.sequence).finish();
}

Result<Bytes> encode(const WindowStart& m, MutableBytes out) {
  return Fields(MessageType::window_start, 2, out).put(1, m.window_id).put(2, m.samples).finish();
}

Result<Bytes> encode(const Frame& m, MutableBytes out) {
  if (m.samples.size() > kMaxFrameSamples) {
    Error error{.reason = Reason::message_too_long, .where = "FRAME"};
    error.found << m.samples.size() << " samples";
    error.expected << "at most " << kMaxFrameSamples;
    return error;
  }
  Fields fields(MessageType::frame, 9, out);
  fields.put(1, m.window_id)
      .put(2, m.sequence)
      .put_signed(3, m.capture_ns)
      .put(4, m.sensor)
      .put(5, m.rate_mhz)
      .put_signed(6, m.scale_pg)
      .put(7, m.axes)
      .put_flag(8, m.starts_block);
  // Samples travel as little-endian int16: on our hosts, their memory as it is.
  static_assert(std::endian::native == std::endian::little, "a big-endian port swaps samples here");
  return fields.put_bytes(9, std::as_bytes(m.samples)).finish();
}

Result<Bytes> encode(const WindowEnd& m, MutableBytes out) {
  return Fields(MessageType::window_end, 3, out)
      .put(1, m.window_id)
      .put(2, m.frames)
      .put(3, m.dropped)
      .finish();
}

Result<Bytes> encode(const ContextUpdate& m, MutableBytes out) {
  return Fields(MessageType::context, 4, out)
      .put(1, m.window_id)
      .put(2, m.context.rpm_milli)
      .put(3, m.context.load_permille)
      .put_signed(4, m.context.temperature_mdeg)
      .finish();
}

Result<Bytes> encode(const SleepUntil& m, MutableBytes out) {
  return Fields(MessageType::sleep, 1, out).put_signed(1, to_ns(m.until)).finish();
}

Result<Bytes> encode(const BundleCopy& m, MutableBytes out) {
  return Fields(MessageType::bundle, 1, out).put_bytes(1, m.file).finish();
}

Result<Bytes> encode(const Goodbye& m, MutableBytes out) {
  return Fields(MessageType::goodbye, 1, out).put_text(1, m.reason).finish();
}

Result<Bytes> encode(const Slept& m, MutableBytes out) {
  return Fields(MessageType::slept, 4, out)
      .put(1, static_cast<std::uint64_t>(m.level))
      .put_signed(2, m.slept.count())
      .put(3, m.failed_suspends)
      .put_text(4, m.reason)
      .finish();
}

Result<Bytes> encode(const Stopped& m, MutableBytes out) {
  return Fields(MessageType::stopped, 2, out)
      .put_signed(1, m.after.count())
      .put_signed(2, m.limit.count())
      .finish();
}

}  // namespace torpor
