// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <concepts>
#include <type_traits>

#include "base/assertion.h"
#include "base/cbor.h"
#include "link/message.h"

namespace torpor {

// The fields of one message on their way out: one CBOR map, the type under key 0, then the
// fields under keys that ascend. field_reader.h takes the same types in. Inside link only.
class FieldWriter {
 public:
  FieldWriter(MessageType type, std::size_t fields, MutableBytes out)
      : type_(type), left_(fields), room_(out.size()), writer_(out) {
    writer_.map(fields + 1);
    writer_.uint(0);
    write(type);
  }

  // The next field; `key` is above the one before.
  template <class Field>
  FieldWriter& put(unsigned key, const Field& value) {
    TORPOR_ASSERT(key > last_key_ && left_ > 0, "link.fields_are_written_in_order_as_many_as_announced");
    last_key_ = key;
    --left_;
    writer_.uint(key);
    write(value);
    return *this;
  }
  // All fields of a message, under keys 1, 2, ..
  template <class... Field>
  FieldWriter& put_all(const Field&... values) {
    (put(last_key_ + 1, values), ...);
    return *this;
  }
  // message_too_long: more than fits into `out`, or than a frame may hold.
  Result<Bytes> finish() const {
    TORPOR_ASSERT(left_ == 0, "link.every_announced_field_is_written");
    Error error{.reason = Reason::message_too_long};
    error.where << name(type_);
    if (samples_ > kMaxFrameSamples) {
      error.found << samples_ << " samples";
      error.expected << "at most " << kMaxFrameSamples;
      return error;
    }
    auto bytes = writer_.finish();
    if (bytes) return bytes;
    error.found << "more than " << room_ << " bytes";
    error.expected << "a payload of at most " << kMaxMessageBytes;
    return error;
  }

 private:
  void write(bool value) { writer_.boolean(value); }
  template <std::unsigned_integral T>
  void write(T value) {
    writer_.uint(value);
  }
  template <std::signed_integral T>
  void write(T value) {
    writer_.integer(value);
  }
  template <class T>
  requires std::is_enum_v<T>
  void write(T value) { writer_.uint(static_cast<std::uint64_t>(value)); }
  template <class T>
  void write(const Later<T>& field) {
    write(field.value);
  }
  void write(Duration value) { writer_.integer(value.count()); }
  void write(BootTime value) { writer_.integer(to_ns(value)); }
  void write(const ReasonName& value) { writer_.text(value.view()); }
  void write(const Digest& value) { writer_.bytes(value); }
  void write(Bytes value) { writer_.bytes(value); }
  // Samples travel as little-endian int16: on our hosts, their memory as it is.
  void write(std::span<const std::int16_t> value) {
    static_assert(std::endian::native == std::endian::little, "a big-endian port swaps samples here");
    samples_ = value.size();
    writer_.bytes(std::as_bytes(value));
  }

  MessageType type_;
  unsigned last_key_ = 0;
  std::size_t left_;  // fields announced and not yet written
  std::size_t samples_ = 0;
  std::size_t room_;
  cbor::Writer writer_;
};

}  // namespace torpor
