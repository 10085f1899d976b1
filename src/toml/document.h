// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// TOML 1.0 read strictly: the caller takes each field it knows, once, by its dotted path;
// finish() refuses what nobody took. There are no defaults and no optional fields. The
// parser is toml++; its exceptions stay inside.
namespace torpor {

class TomlDocument {
 public:
  // toml_syntax, or toml_duplicate_field for a key or table given twice. `file` is the
  // name used in errors: "FILE:LINE: FIELD".
  static Result<TomlDocument> parse(std::string_view text, std::string_view file);
  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  // A path is "duty.sample_ms" or "sensors[0].bearing.rolling_elements". Each of these
  // fails with toml_missing_field, toml_wrong_type (found and expected named),
  // toml_out_of_range. Text is measured in bytes.
  Result<std::int64_t> integer(std::string_view path, std::int64_t min, std::int64_t max);
  Result<std::string> text(std::string_view path, std::size_t min_bytes, std::size_t max_bytes);
  Result<bool> boolean(std::string_view path);
  // An offset date-time in whole seconds, as seconds since 1970-01-01 UTC.
  Result<std::int64_t> time(std::string_view path, std::int64_t min_s, std::int64_t max_s);
  // The number of tables in an array of tables, or of items in an array of integers.
  Result<std::size_t> count(std::string_view path, std::size_t min, std::size_t max);

  bool has(std::string_view path) const;
  // Takes a field without looking at its value; no error when it is absent.
  void ignore(std::string_view path);
  // "FILE:LINE: PATH"; the line of the nearest table around it where the path is absent.
  FixedString<160> where(std::string_view path) const;

  // toml_unknown_field for the first, in file order, that nobody took.
  Status finish() const;

 private:
  struct Impl;
  // toml_missing_field; found: what stands beside it and was probably meant.
  Error missing(std::string_view path, std::string_view expected) const;
  explicit TomlDocument(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace torpor
