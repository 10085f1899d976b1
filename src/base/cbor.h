// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

// The one CBOR profile of this project (RFC 8949 section 4.2.1, core deterministic):
// unsigned and negative integers, byte and text strings, arrays, maps, booleans, tags;
// shortest heads, definite lengths, map keys integers in ascending encoded order
// (0, 1, 2, .., -1, -2, ..). No floats, no null, no undefined. Freestanding, no heap.
namespace torpor::cbor {

enum class Type : std::uint8_t {
  uint = 0,
  nint = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6,
  simple = 7
};

// Writes into memory of the caller. Writing past the end is remembered and reported by
// finish(); nothing is ever written outside the span.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}
  void uint(std::uint64_t value) { head(Type::uint, value); }
  void integer(std::int64_t value);
  void bytes(Bytes value);
  void text(std::string_view value);
  void boolean(bool value);
  void array(std::size_t items) { head(Type::array, items); }
  void map(std::size_t pairs) { head(Type::map, pairs); }
  void tag(std::uint64_t number) { head(Type::tag, number); }
  std::size_t size() const { return size_; }
  // The bytes written, or cbor_no_room.
  Result<Bytes> finish() const;

 private:
  void head(Type type, std::uint64_t argument);
  void put(Bytes raw);
  MutableBytes out_;
  std::size_t size_ = 0;
  bool overflow_ = false;
};

// Pulls items one after another. The first failure sticks: every later call fails with
// the same error, so a decoder may check once at the end. Offsets in errors count from
// the start of the input. Text must be valid UTF-8. Views point into the input.
class Reader {
 public:
  explicit Reader(Bytes in, std::string_view what = {"cbor", 4}) : in_(in), what_(what) {}
  Result<Type> peek();
  Result<std::uint64_t> uint();
  Result<std::int64_t> integer();  // uint or nint that fits
  Result<Bytes> bytes();
  Result<std::string_view> text();
  Result<bool> boolean();
  Result<std::size_t> array();  // number of items
  Result<std::size_t> map();    // number of pairs
  Result<std::uint64_t> tag();
  // Passes over one whole item, nested at most 8 deep.
  Status skip();
  // cbor_trailing unless everything was read.
  Status finish();
  std::size_t offset() const { return at_; }
  // The error of the first failure, if any.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  struct Head {
    Type type;
    std::uint64_t argument;
  };
  Result<Head> head();
  Result<std::uint64_t> head_of(Type type);
  Result<Bytes> take(std::uint64_t count);
  Status skip_nested(int depth);
  Error fail(Reason reason, std::string_view found, std::string_view expected);
  Bytes in_;
  std::string_view what_;
  std::size_t at_ = 0;
  bool failed_ = false;
  Error error_{};
};

// Walks a map with integer keys in ascending encoded order. Usage:
//   MapReader map(reader);
//   while (map.next()) switch (map.key()) { case 1: ...; default: TORPOR_CHECK(map.skip()); }
//   TORPOR_CHECK(map.status());
// A repeated or unsorted key is cbor_not_deterministic. A key read must have its value
// read (or skipped) before next().
class MapReader {
 public:
  explicit MapReader(Reader& reader);
  [[nodiscard]] bool next();
  std::int64_t key() const { return key_; }
  Status skip() { return reader_.skip(); }
  Status status() const;

 private:
  Reader& reader_;
  std::size_t left_ = 0;
  bool first_ = true;
  std::int64_t key_ = 0;
  bool ok_ = true;
  Error error_{};
};

// Order of two integer keys by their encoded bytes.
[[nodiscard]] bool key_less(std::int64_t a, std::int64_t b);
[[nodiscard]] bool valid_utf8(Bytes text);

}  // namespace torpor::cbor
