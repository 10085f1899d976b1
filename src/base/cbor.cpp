// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/cbor.h"

#include "base/assertion.h"

namespace torpor::cbor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

// Of skip() alone, which calls itself: bounds the stack on hostile input. Typed readers are as deep as
// their code.
constexpr int kMaxDepth = 8;
constexpr std::uint64_t kInt64Max = 0x7fffffffffffffffu;

constexpr std::string_view type_name(Type type) {
  constexpr std::string_view kNames[] = {"unsigned integer"sv,
                                         "negative integer"sv,
                                         "byte string"sv,
                                         "text string"sv,
                                         "array"sv,
                                         "map"sv,
                                         "tag"sv,
                                         "simple value"sv};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace

// What does not fit marks the whole output: finish() then says so, and no call in between has to
// be asked.
void Writer::put(Bytes raw) {
  TORPOR_ASSERT(size_ <= out_.size(), "cbor.writing_stays_inside");
  // Said this way round because size_ + raw.size() could wrap. Filled to the brim afterwards, so that a
  // shorter piece behind it cannot slip in and make a document with a hole.
  if (raw.size() > out_.size() - size_) {
    overflow_ = true;
    size_ = out_.size();
    return;
  }
  if (!raw.empty()) std::memcpy(out_.data() + size_, raw.data(), raw.size());
  size_ += raw.size();
}

void Writer::head(Type type, std::uint64_t argument) {
  std::byte raw[9];
  const auto major = static_cast<unsigned>(type) << 5;
  std::size_t extra = 0;
  if (argument < 24) {
    raw[0] = static_cast<std::byte>(major | argument);
  } else {
    // The shortest head there is (RFC 8949, 4.2.1): the reader refuses any other. Big endian, as all of CBOR.
    unsigned info = 24;
    extra = 1;
    while (extra < 8 && (argument >> (8 * extra)) != 0) {
      extra *= 2;
      ++info;
    }
    raw[0] = static_cast<std::byte>(major | info);
    for (std::size_t i = 0; i < extra; ++i)
      raw[1 + i] = static_cast<std::byte>(argument >> (8 * (extra - 1 - i)));
  }
  put({raw, 1 + extra});
}

void Writer::integer(std::int64_t value) {
  if (value >= 0) {
    head(Type::uint, static_cast<std::uint64_t>(value));
  } else {
    // CBOR holds -1 - n, which is ~n in two's complement and has no overflow for the least value.
    head(Type::nint, ~static_cast<std::uint64_t>(value));
  }
}

void Writer::bytes(Bytes value) {
  head(Type::bytes, value.size());
  put(value);
}

void Writer::text(std::string_view value) {
  head(Type::text, value.size());
  put(as_bytes(value));
}

// Simple values 20 and 21 are false and true (RFC 8949, 3.3).
void Writer::boolean(bool value) { head(Type::simple, value ? 21 : 20); }

Result<Bytes> Writer::finish() const {
  if (overflow_) {
    return Error{.reason = Reason::cbor_no_room}
        .at("cbor writer"sv)
        .want("at most "sv, out_.size(), " bytes"sv);
  }
  return Bytes(out_.data(), size_);
}

Error Reader::fail(Reason reason, std::string_view found, std::string_view expected) {
  if (!failed_) {
    failed_ = true;
    error_ = Error{.reason = reason}.at(what_, ": offset "sv, at_).saw(found).want(expected);
  }
  return error_;  // the first failure: what follows it is only its consequence
}

Result<Reader::Head> Reader::head() {
  if (failed_) return error_;
  if (at_ >= in_.size()) return fail(Reason::cbor_truncated, "end of data"sv, "another item"sv);
  const auto first = static_cast<unsigned>(in_[at_]);
  const auto type = static_cast<Type>(first >> 5);
  const unsigned info = first & 31;
  if (info < 24) {
    ++at_;
    return Head{type, info};
  }
  // 28 to 30 are reserved and 31 is an indefinite length. Neither has one encoding only, and the second has
  // no size to bound.
  if (info > 27)
    return fail(Reason::cbor_not_deterministic, "indefinite length or reserved head"sv,
                "a definite length"sv);
  // Contract and records are whole numbers in named units: a float would bring rounding and NaN payloads
  // into what is signed and compared.
  if (type == Type::simple) {
    return fail(Reason::cbor_type, info == 24 ? "simple value"sv : "float"sv,
                "an integer, string, boolean, array or map"sv);
  }
  const std::size_t extra = std::size_t{1} << (info - 24);
  if (in_.size() - at_ - 1 < extra)
    return fail(Reason::cbor_truncated, "end of data"sv, "the rest of a head"sv);
  std::uint64_t argument = 0;
  for (std::size_t i = 0; i < extra; ++i)
    argument = (argument << 8) | static_cast<std::uint64_t>(in_[at_ + 1 + i]);
  // One value, one encoding: a signature over bytes is then one over values.
  // The least value that needs so many bytes: 24 for one, else what half as many could not hold.
  const std::uint64_t least = extra == 1 ? 24 : std::uint64_t{1} << (4 * extra);
  if (argument < least)
    return fail(Reason::cbor_not_deterministic, "a longer head than needed"sv, "the shortest head"sv);
  at_ += 1 + extra;
  return Head{type, argument};
}

Result<Type> Reader::peek() {
  if (failed_) return error_;
  if (at_ >= in_.size()) return fail(Reason::cbor_truncated, "end of data"sv, "another item"sv);
  return static_cast<Type>(static_cast<unsigned>(in_[at_]) >> 5);
}

Result<std::uint64_t> Reader::head_of(Type type) {
  TORPOR_TRY(const Type found, peek());
  if (found != type) return fail(Reason::cbor_type, type_name(found), type_name(type));
  TORPOR_TRY(const Head h, head());
  return h.argument;
}

Result<std::uint64_t> Reader::uint() { return head_of(Type::uint); }

Result<std::int64_t> Reader::integer() {
  TORPOR_TRY(const Type type, peek());
  if (type != Type::uint && type != Type::nint)
    return fail(Reason::cbor_type, type_name(type), "an integer"sv);
  TORPOR_TRY(const Head h, head());
  // The same bound for both signs: -1 - 2^63 has no 64-bit value either.
  if (h.argument > kInt64Max)
    return fail(Reason::cbor_type, "an integer beyond 64 bits"sv, "a 64-bit integer"sv);
  const auto value = static_cast<std::int64_t>(h.argument);
  return h.type == Type::uint ? value : -1 - value;
}

Result<Bytes> Reader::take(std::uint64_t count) {
  TORPOR_ASSERT(at_ <= in_.size(), "cbor.reading_stays_inside");
  if (count > in_.size() - at_)
    return fail(Reason::cbor_truncated, "end of data"sv, "the rest of a string"sv);
  const Bytes taken = in_.subspan(at_, static_cast<std::size_t>(count));
  at_ += taken.size();
  return taken;
}

Result<Bytes> Reader::bytes() {
  TORPOR_TRY(const std::uint64_t count, head_of(Type::bytes));
  return take(count);
}

Result<std::string_view> Reader::text() {
  TORPOR_TRY(const std::uint64_t count, head_of(Type::text));
  TORPOR_TRY(const Bytes raw, take(count));
  // Once, here: everything behind this reader may print and compare text without asking again.
  if (!valid_utf8(raw)) return fail(Reason::cbor_type, "bytes that are not UTF-8"sv, "text"sv);
  return as_text(raw);
}

Result<bool> Reader::boolean() {
  TORPOR_TRY(const std::uint64_t value, head_of(Type::simple));
  if (value != 20 && value != 21)
    return fail(Reason::cbor_type, "null, undefined or simple value"sv, "a boolean"sv);
  return value == 21;
}

Result<std::size_t> Reader::array() {
  TORPOR_TRY(const std::uint64_t count, head_of(Type::array));
  // An item takes a byte at least, so that no count makes a caller's loop longer than the input.
  if (count > in_.size() - at_)
    return fail(Reason::cbor_truncated, "more items than bytes"sv, "a count that can be there"sv);
  return static_cast<std::size_t>(count);
}

Result<std::size_t> Reader::map() {
  TORPOR_TRY(const std::uint64_t count, head_of(Type::map));
  // A pair takes two bytes at least. Divided, not doubled: 2 * count could wrap.
  if (count > (in_.size() - at_) / 2)
    return fail(Reason::cbor_truncated, "more pairs than bytes"sv, "a count that can be there"sv);
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> Reader::tag() { return head_of(Type::tag); }

Status Reader::skip() { return skip_nested(0); }

Status Reader::skip_nested(int depth) {
  // Before anything is read: the frame that would be too much does no work.
  if (depth > kMaxDepth) return fail(Reason::cbor_type, "deeper nesting"sv, "at most 8 levels"sv);
  TORPOR_TRY(const Type type, peek());
  std::size_t items = 0;
  switch (type) {
    case Type::uint:
    case Type::nint:
    case Type::simple: {
      TORPOR_TRY(const Head h, head());
      // What is skipped is held to the same rules as what is read: bytes that another version refuses must
      // not pass here.
      if (h.type == Type::simple && h.argument != 20 && h.argument != 21) {
        return fail(Reason::cbor_type, "null, undefined or simple value"sv, "a boolean"sv);
      }
      return {};
    }
    case Type::bytes: {
      TORPOR_TRY([[maybe_unused]] const Bytes raw, bytes());
      return {};
    }
    case Type::text: {
      TORPOR_TRY([[maybe_unused]] const std::string_view raw, text());
      return {};
    }
    case Type::array: {
      TORPOR_TRY(items, array());
      break;
    }
    case Type::map: {
      TORPOR_TRY(const std::size_t pairs, map());
      items = 2 * pairs;
      break;
    }
    case Type::tag: {
      TORPOR_TRY([[maybe_unused]] const std::uint64_t number, tag());
      items = 1;
      break;
    }
  }
  for (std::size_t i = 0; i < items; ++i) TORPOR_CHECK(skip_nested(depth + 1));
  return {};
}

Status Reader::finish() {
  if (failed_) return error_;
  if (at_ != in_.size()) return fail(Reason::cbor_trailing, "more bytes"sv, "the end"sv);
  return {};
}

// Errors are kept, not returned: a loop over next() needs one question at its end, status(), and cannot
// forget one inside.
MapReader::MapReader(Reader& reader) : reader_(reader) {
  auto pairs = reader.map();
  if (pairs) {
    left_ = *pairs;
  } else {
    ok_ = false;
    error_ = pairs.error();
  }
}

bool MapReader::next() {
  if (!ok_ || left_ == 0) return false;
  const std::size_t at = reader_.offset();
  auto key = reader_.integer();
  if (!key) {
    ok_ = false;
    error_ = key.error();
    return false;
  }
  // Strictly ascending (RFC 8949, 4.2.1): a key that comes twice is caught by the same comparison, without a
  // list of keys met.
  if (!first_ && !key_less(key_, *key)) {
    ok_ = false;
    error_ = Error{.reason = Reason::cbor_not_deterministic}
                 .at("map key at offset "sv, at)
                 .saw(*key, " after "sv, key_)
                 .want("ascending keys, each once"sv);
    return false;
  }
  key_ = *key;
  first_ = false;
  --left_;
  return true;
}

Status MapReader::status() const {
  if (!ok_) return error_;
  return {};
}

bool key_less(std::int64_t a, std::int64_t b) {
  // Encoded order: shorter heads first is implied by major type, then argument.
  if ((a < 0) != (b < 0)) return b < 0;
  return a < 0 ? a > b : a < b;
}

// The well-formed sequences of the Unicode standard, table 3-7: the first byte says how many
// follow and, for four of them, narrows the second (no overlong forms, surrogates, or beyond
// U+10FFFF).
bool valid_utf8(Bytes text) {
  std::size_t i = 0;
  const auto byte_at = [&](std::size_t k) { return static_cast<unsigned>(text[k]); };
  while (i < text.size()) {
    const unsigned b = byte_at(i);
    std::size_t more = 0;
    unsigned low = 0x80, high = 0xbf;
    if (b < 0x80) {
      more = 0;
    } else if (b >= 0xc2 && b <= 0xdf) {
      more = 1;
    } else if (b >= 0xe0 && b <= 0xef) {
      more = 2;
      if (b == 0xe0) low = 0xa0;
      if (b == 0xed) high = 0x9f;
    } else if (b >= 0xf0 && b <= 0xf4) {
      more = 3;
      if (b == 0xf0) low = 0x90;
      if (b == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (text.size() - i - 1 < more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const unsigned c = byte_at(i + k);
      if (c < low || c > high) return false;
      low = 0x80;
      high = 0xbf;
    }
    i += 1 + more;
  }
  return true;
}

}  // namespace torpor::cbor
