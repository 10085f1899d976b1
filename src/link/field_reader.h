// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <bit>
#include <cstring>
#include <limits>

#include "base/cbor.h"
#include "link/message.h"

namespace torpor {

// The fields of one message on their way in: walks its keys, remembers which were there, and
// refuses what does not fit (message_malformed). field_writer.h is the other half. A FRAME's
// samples are copied to `room`. Inside link only.
class FieldReader {
 public:
  FieldReader(cbor::MapReader& map, cbor::Reader& reader, SampleRoom room)
      : map_(map), reader_(reader), room_(room) {}

  [[nodiscard]] bool next() {
    if (!map_.next()) return false;
    if (key() >= 0 && key() < 32) seen_ |= 1u << key();
    return true;
  }
  std::int64_t key() const { return map_.key(); }
  [[nodiscard]] bool saw(unsigned key) const { return ((seen_ >> key) & 1u) != 0; }
  Status skip() { return map_.skip(); }

  Status get(std::uint64_t& into) {
    TORPOR_TRY(into, reader_.uint());
    return {};
  }
  Status get(std::uint32_t& into) {
    TORPOR_TRY(const std::uint64_t value, reader_.uint());
    if (value > std::numeric_limits<std::uint32_t>::max()) return out_of_range("at most 32 bits");
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
      return out_of_range("at most 32 bits");
    into = static_cast<std::int32_t>(value);
    return {};
  }
  Status get(bool& into) {
    TORPOR_TRY(into, reader_.boolean());
    return {};
  }
  Status get(ReasonName& into) {
    TORPOR_TRY(const std::string_view text, reader_.text());
    if (text.size() > ReasonName::capacity()) return out_of_range("a name of at most 48 bytes");
    // What a peer says ends up in our log: only what a reason's name is made of.
    for (char c : text)
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return out_of_range("a..z, 0..9 and _");
    into = ReasonName(text);
    return {};
  }
  Status get(LinkRole& into) { return get_word(into, LinkRole::detector); }
  Status get(SleepLevel& into) { return get_word(into, SleepLevel::suspend); }
  Status get(Farewell& into) { return get_word(into, Farewell::returns); }
  Status get(StopCause& into) { return get_word(into, StopCause::flood); }
  template <class T>
  Status get(Later<T>& into) {
    return get(into.value);
  }
  Status get(Duration& into) {
    TORPOR_TRY(const std::int64_t value, reader_.integer());
    if (value < 0) return out_of_range("no negative time");
    into = Duration(value);
    return {};
  }
  Status get(BootTime& into) {
    TORPOR_TRY(const std::int64_t value, reader_.integer());
    into = BootTime(Duration(value));
    return {};
  }
  Status get(Digest& into) {
    TORPOR_TRY(const Bytes raw, reader_.bytes());
    if (raw.size() != into.size()) return out_of_range("32 bytes");
    std::memcpy(into.data(), raw.data(), into.size());
    return {};
  }
  Status get(Bytes& into) {
    TORPOR_TRY(into, reader_.bytes());
    return {};
  }
  Status get(std::span<const std::int16_t>& into) {
    TORPOR_TRY(const Bytes raw, reader_.bytes());
    if (raw.size() % sizeof(std::int16_t) != 0 || raw.size() > room_.size_bytes())
      return out_of_range("whole samples, as many as a frame may hold");
    static_assert(std::endian::native == std::endian::little, "a big-endian port swaps samples here");
    if (!raw.empty()) std::memcpy(room_.data(), raw.data(), raw.size());
    into = room_.first(raw.size() / sizeof(std::int16_t));
    return {};
  }
  // Keys 1, 2, .. of a message that has no others, each needed but those that came later, which
  // are the last; keys of the future are skipped.
  template <class... Field>
  Status get_all(Field&... into) {
    while (next()) {
      Status got;
      std::int64_t at = 0;
      if (!((++at == key() && ((got = get(into)), true)) || ...)) got = skip();
      TORPOR_CHECK(got);
    }
    return require((needed(into) + ... + 0u));
  }

  Status out_of_range(const char* expected) const {
    Error error{.reason = Reason::message_malformed};
    error.where << "key " << key();
    error.found << "another value";
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
  template <class T>
  static constexpr unsigned needed(const T&) {
    return 1;
  }
  template <class T>
  static constexpr unsigned needed(const Later<T>&) {
    return 0;
  }
  template <class Enum>
  Status get_word(Enum& into, Enum last) {
    TORPOR_TRY(const std::uint64_t value, reader_.uint());
    if (value > static_cast<std::uint64_t>(last)) return out_of_range("a word this version knows");
    into = static_cast<Enum>(value);
    return {};
  }
  Status missing(unsigned k) const {
    Error error{.reason = Reason::message_malformed};
    error.where << "key " << k;
    error.found << "nothing";
    error.expected << "a value";
    return error;
  }

 private:
  cbor::MapReader& map_;
  cbor::Reader& reader_;
  SampleRoom room_;
  std::uint32_t seen_ = 1;  // key 0, the type
};

}  // namespace torpor
