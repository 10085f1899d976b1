// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/recording/csv.h"

#include "base/cbor.h"

namespace torpor {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A byte as an error may show it: "',' " or "byte 0x07", never the control character itself.
FixedString<120> shown(char c) {
  FixedString<120> text;
  if (is_control(c) || (static_cast<unsigned char>(c) & 0x80) != 0) {
    const auto byte = static_cast<std::byte>(c);
    text.append("byte 0x").append_hex(&byte, 1);
  } else {
    text.append("'").append(std::string_view(&c, 1)).append("'");
  }
  return text;
}

}  // namespace

FixedString<160> csv_where(std::string_view path, std::size_t line, std::size_t column) {
  // The end of a long path: the beginning is the same for all files, line and column must stay.
  constexpr std::size_t kShown = 110;
  FixedString<160> where;
  if (path.size() > kShown) {
    where.append("..");
    path.remove_prefix(path.size() - kShown);
  }
  where.append(path).append(":").append(line).append(":").append(column);
  return where;
}

Error CsvReader::fail(std::size_t column, std::string_view found, std::string_view expected) const {
  return Error{Reason::manifest_csv, csv_where(name_, line_, column), found, expected};
}

Result<bool> CsvReader::next(std::vector<CsvField>& fields, std::size_t max_fields, std::size_t max_field) {
  fields.clear();
  if (at_ == text_.size()) return false;
  ++line_;
  std::string_view row = text_.substr(at_);
  const std::size_t newline = row.find('\n');
  at_ += newline == std::string_view::npos ? row.size() : newline + 1;
  row = row.substr(0, newline);
  if (row.ends_with('\r')) row.remove_suffix(1);  // spreadsheets end lines so
  if (row.empty()) return fail(1, "an empty line", "a row");
  if (!cbor::valid_utf8(as_bytes(row))) return fail(1, "a line that is not UTF-8", "UTF-8");

  // i stands at the first character of a field. Quotes cannot reach over the end of a line, so
  // that a missing one spoils one row and not the file.
  for (std::size_t i = 0;;) {
    if (fields.size() == max_fields) return fail(i + 1, "one more field", "the end of the row");
    CsvField& field = fields.emplace_back();
    field.column = i + 1;
    const bool quoted = i < row.size() && row[i] == '"';
    if (quoted) ++i;
    for (;; ++i) {
      if (i == row.size()) {
        if (quoted) return fail(field.column, "a quote that does not end on its line", "\"");
        return true;
      }
      const char c = row[i];
      if (is_control(c)) return fail(i + 1, shown(c), "no control characters");
      if (c == '"') {
        if (!quoted) return fail(i + 1, "\" inside a field without quotes", "quotes around the whole field");
        if (i + 1 >= row.size() || row[i + 1] != '"') break;  // the closing one
        ++i;                                                  // "" stands for one
      } else if (c == ',' && !quoted) {
        break;
      }
      if (field.text.size() == max_field) return fail(field.column, "a field that is too long", "less");
      field.text.push_back(c);
    }
    if (quoted) {
      ++i;
      if (i == row.size()) return true;
      if (row[i] != ',') return fail(i + 1, shown(row[i]), "',' after the closing quote");
    }
    ++i;  // past the comma: another field follows, perhaps empty
  }
}

}  // namespace torpor
