// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/breach.h"

#include <array>

#include "base/assertion.h"

namespace torpor {
namespace {

struct Row {
  std::string_view name;
  BreachKind kind;
  std::string_view meaning;
};

constexpr std::array<Row, kBreaches> kRows = {{
#define TORPOR_BREACH(bit, name, kind, meaning, words) {#name, BreachKind::kind, meaning},
#include "report/breaches.def"
}};

// A breach's value is its bit and its row: a list with a hole would shift all names behind it.
constexpr bool in_order() {
  std::size_t row = 0;
#define TORPOR_BREACH(bit, name, kind, meaning, words) \
  if (bit != row++) return false;
#include "report/breaches.def"
  return row == kBreaches;
}
static_assert(in_order(), "bits rise by one");

const Row& row_of(Breach breach) {
  const auto i = static_cast<std::size_t>(breach);
  TORPOR_ASSERT(i < kBreaches, "report.a_breach_has_a_row");
  return kRows[i];
}

}  // namespace

std::string_view name(Breach breach) { return row_of(breach).name; }

BreachKind kind_of(Breach breach) { return row_of(breach).kind; }

std::string_view name(BreachKind kind) {
  constexpr std::string_view kNames[kBreachKinds] = {
#define TORPOR_BREACH_KIND(name) #name,
#include "report/breaches.def"
  };
  const auto i = static_cast<std::size_t>(kind);
  TORPOR_ASSERT(i < kBreachKinds, "report.none_is_no_label");
  return kNames[i];
}

std::string breaches_markdown() {
  std::string out = "| bit | breach | metric kind | meaning |\n| --- | --- | --- | --- |\n";
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const Row& row = kRows[i];
    const bool counted = row.kind != BreachKind::none;
    out += "| " + std::to_string(i) + " | `" + std::string(row.name) + "` | " +
           (counted ? "`" + std::string(name(row.kind)) + "`" : "none") + " | " + std::string(row.meaning) +
           " |\n";
  }
  return out;
}

}  // namespace torpor
