// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/field_docs.h"

#include <algorithm>

#include "base/utc.h"
#include "contract/field_table.h"
#include "contract/table_walk.h"

namespace torpor {
namespace {

std::string key_path(const Field& field) {
  std::string text = std::to_string(field.key[0]);
  if (field.per_sensor) text += "[]";
  for (std::size_t i = 1; i < field.depth(); ++i) text += "." + std::to_string(field.key[i]);
  return text;
}

std::string bounds(const Field& field) {
  switch (field.type) {
    case FieldType::time:
      return std::string(utc_text(field.min)) + " .. " + std::string(utc_text(field.max));
    case FieldType::word: {
      std::string text;
      for (std::size_t i = 0; i < field.words.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::string(field.words[i]) + " = " + std::to_string(i);
      return text;
    }
    case FieldType::digest:
      return "32 bytes, not all zero";
    default:
      return std::to_string(field.min) + " .. " + std::to_string(field.max);
  }
}

// The last part of a dotted name.
std::string_view leaf_name(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::string cddl_type(const Field& field) {
  switch (field.type) {
    case FieldType::digest:
      return "bytes .size 32";
    case FieldType::name:
      // The first character is of a smaller class (no dot, no dash), so the rest is one shorter.
      return "text .regexp \"[A-Za-z0-9_][A-Za-z0-9._-]{" + std::to_string(field.min - 1) + "," +
             std::to_string(field.max - 1) + "}\"";
    default:
      return std::to_string(field.min) + ".." + std::to_string(field.max);
  }
}

// "sensors.bearing" -> "sensors-bearing", the name of a CDDL rule.
std::string rule_name(std::string_view section) {
  std::string name = section.empty() ? "contract" : std::string(section);
  std::replace(name.begin(), name.end(), '.', '-');
  return name;
}

// One rule for a map, and behind it those of the maps inside.
std::string cddl_rule(std::span<const Field> rows, std::size_t depth) {
  std::string rule = rule_name(section_of(rows.front(), depth)) + " = {\n";
  std::string inside;
  while (!rows.empty()) {
    const std::span<const Field> group = take_group(rows, depth);
    const Field& field = group.front();
    rule += "  " + std::to_string(field.key[depth]) + ": ";
    if (is_leaf(field, depth)) {
      rule += cddl_type(field) + ",  ; " + std::string(leaf_name(field.name));
      if (!field.unit.empty() && field.type == FieldType::integer) rule += ", " + std::string(field.unit);
      if (field.type == FieldType::time) rule += ", seconds since 1970-01-01 UTC";
      if (field.type == FieldType::word) rule += ": " + bounds(field);
      rule += "\n";
    } else {
      const std::string_view section = section_of(field, depth + 1);
      const bool list = depth == 0 && field.per_sensor;
      rule += list ? "[1*" + std::to_string(kMaxSensors) + " " + rule_name(section) + "],\n"
                   : rule_name(section) + ",\n";
      inside += "\n" + cddl_rule(group, depth + 1);
    }
  }
  return rule + "}\n" + inside;
}

}  // namespace

std::string fields_markdown() {
  std::string text =
      "| field | key | type | unit | bounds | since | meaning |\n|---|---|---|---|---|---|---|\n";
  for (const Field& field : fields()) {
    text += "| `" + std::string(field.name) + "` | " + key_path(field) + " | " +
            std::string(name(field.type)) + " | " + std::string(field.unit) + " | " + bounds(field) + " | " +
            std::to_string(field.since) + " | " + std::string(field.doc) + " |\n";
  }
  return text;
}

std::string fields_cddl() {
  return "; The payload of a contract bundle, schema " + std::to_string(kOldestSchema) + " to " +
         std::to_string(kNewestSchema) +
         ".\n; Made from the field table by: torpor contract fields --format cddl\n"
         "; Encoding is deterministic (RFC 8949 section 4.2.1); the rules between fields are in "
         "bundle.md.\n\n" +
         cddl_rule(fields(), 0);
}

}  // namespace torpor
