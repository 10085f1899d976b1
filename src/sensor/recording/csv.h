// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace torpor {

// One field of a row and where it begins (1-based, bytes).
struct CsvField {
  std::string text;
  std::size_t column = 1;
};

// Comma-separated values of RFC 4180, one line per row: fields in double quotes may hold
// commas and doubled quotes, not line breaks. Lines end with LF or CRLF (the last may
// not). No empty lines, no control characters, UTF-8 only.
class CsvReader {
 public:
  // `name` (a path) is shown in errors. Views `text`, which must outlive the reader.
  CsvReader(std::string_view text, std::string_view name) : text_(text), name_(name) {}
  // The next row into `fields` (reused); false at the end. manifest_csv on broken syntax
  // or a field longer than `max_field` bytes or more than `max_fields` of them.
  Result<bool> next(std::vector<CsvField>& fields, std::size_t max_fields, std::size_t max_field);
  std::size_t line() const { return line_; }  // of the row last returned, 1-based

 private:
  Error fail(std::size_t column, std::string_view found, std::string_view expected) const;
  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
};

// "path:line:column", the path shortened from the front so that line and column show.
FixedString<160> csv_where(std::string_view path, std::size_t line, std::size_t column);

}  // namespace torpor
