// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/field_table.h"

#include "base/utc.h"

namespace torpor {
std::string_view section_of(const Field& field, std::size_t depth) {
  std::size_t end = 0;
  for (std::size_t dots = 0; end < field.name.size(); ++end)
    if (field.name[end] == '.' && ++dots >= depth) break;
  return {field.name.data(), depth == 0 ? 0 : end};
}

FixedString<48> path_of(const Field& field, std::size_t sensor) {
  FixedString<48> path;
  if (!field.per_sensor) return path << field.name;
  const std::string_view list = section_of(field, 1);
  std::string_view rest = field.name;
  rest.remove_prefix(list.size());
  return path << list << "[" << sensor << "]" << rest;
}

FixedString<72> to_text(const Field& field, const FieldValue& value) {
  FixedString<72> out;
  switch (field.type) {
    case FieldType::integer:
      out << value.number;
      if (!field.unit.empty()) out << " " << field.unit;
      break;
    case FieldType::time:
      out << utc_text(value.number);
      break;
    case FieldType::word: {
      const auto i = static_cast<std::size_t>(value.number);
      if (value.number >= 0 && i < field.words.size()) {
        out << field.words[i];
      } else {
        out << value.number;
      }
      break;
    }
    case FieldType::name:
      out << value.text;
      break;
    case FieldType::digest:
      out.append_hex(value.bytes.data(), value.bytes.size());
      break;
  }
  return out;
}

}  // namespace torpor
