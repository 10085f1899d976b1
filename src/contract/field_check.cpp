// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/field_table.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

// Names go into paths, log lines, label values and shell commands as they are.
bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

std::string_view name(FieldType type) {
  switch (type) {
    case FieldType::integer:
      return "integer"sv;
    case FieldType::time:
      return "time"sv;
    case FieldType::word:
      return "word"sv;
    case FieldType::name:
      return "name"sv;
    case FieldType::digest:
      return "digest"sv;
  }
  return "?"sv;
}

Status check_value(const Field& field, const FieldValue& value) {
  if (field.type == FieldType::name) {
    const auto size = static_cast<std::int64_t>(value.text.size());
    if (size < field.min || size > field.max) {
      Error error{.reason = Reason::contract_bad_text};
      error.found << size << " characters";
      error.expected << field.min << " to " << field.max << " characters";
      return error;
    }
    for (char c : value.text) {
      if (name_character(c)) continue;
      Error error{.reason = Reason::contract_bad_text};
      const std::byte raw{static_cast<unsigned char>(c)};
      (error.found << "byte 0x").append_hex(&raw, 1);
      error.expected << "only A-Z a-z 0-9 . _ -";
      return error;
    }
    // "..", hidden files and options of a command begin like that.
    if (value.text.front() == '.' || value.text.front() == '-') {
      Error error{.reason = Reason::contract_bad_text};
      error.found << value.text;
      error.expected << "a letter, digit or _ first";
      return error;
    }
    return {};
  }
  if (field.type == FieldType::digest) {
    // A digest of zeros is what a forgotten field looks like.
    bool zero = true;
    for (std::byte b : value.bytes) zero = zero && b == std::byte{0};
    if (value.bytes.size() == sizeof(Digest) && !zero) return {};
    Error error{.reason = Reason::contract_bad_text};
    error.found << (zero ? "all zero"sv : "another length"sv);
    error.expected << "32 bytes of a SHA-256";
    return error;
  }
  if (value.number >= field.min && value.number <= field.max) return {};
  Error error{.reason = Reason::contract_out_of_range};
  error.found << value.number;
  error.expected << field.min << " to " << field.max << (field.unit.empty() ? ""sv : " "sv) << field.unit;
  return error;
}

}  // namespace torpor
