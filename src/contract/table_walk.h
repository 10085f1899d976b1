// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/assertion.h"
#include "contract/field_table.h"

// How encoder and decoder walk the field table: as nested groups of rows. Internal to
// this folder.
namespace torpor {

// The rows up to the first that a schema does not have yet. Later schemas append rows to
// the end of each map, so what an older schema has is a prefix of every map.
inline std::span<const Field> rows_of_schema(std::span<const Field> rows, std::int64_t schema) {
  while (!rows.empty() && rows.back().since > schema) rows = rows.first(rows.size() - 1);
  return rows;
}

// The leading rows with one key at this depth; `rows` keeps the rest.
inline std::span<const Field> take_group(std::span<const Field>& rows, std::size_t depth) {
  TORPOR_ASSERT(!rows.empty() && depth < rows.front().depth(), "contract.a_group_has_a_key_at_its_depth");
  std::size_t n = 1;
  while (n < rows.size() && rows[n].key[depth] == rows[0].key[depth]) ++n;
  const std::span<const Field> group = rows.first(n);
  rows = rows.subspan(n);
  return group;
}

inline std::size_t count_groups(std::span<const Field> rows, std::size_t depth) {
  std::size_t groups = 0;
  for (; !rows.empty(); ++groups) take_group(rows, depth);
  return groups;
}

[[nodiscard]] inline bool is_leaf(const Field& field, std::size_t depth) {
  return field.depth() == depth + 1;
}

}  // namespace torpor
