// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/error.h"

#include "base/assertion.h"

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

struct Entry {
  std::string_view name;
  Group group;
  std::string_view next_step;
};

// In the order of the enumeration, both being made of the one list: a reason is its own index.
constexpr Entry kEntries[] = {
#define TORPOR_REASON(name, group, next_step) {#name, Group::group, next_step},
#include "base/reasons.def"
#undef TORPOR_REASON
};

const Entry& entry(Reason reason) {
  const auto i = static_cast<std::size_t>(reason);
  TORPOR_ASSERT(i < sizeof(kEntries) / sizeof(kEntries[0]), "base.a_reason_is_in_the_table");
  return kEntries[i];
}

}  // namespace

std::string_view name(Reason reason) { return entry(reason).name; }

bool find_reason(std::string_view wanted, Reason& reason) {
  // Linear over some two hundred names: asked only when a worker's answer is a refusal.
  for (std::size_t i = 0; i < sizeof(kEntries) / sizeof(kEntries[0]); ++i) {
    if (kEntries[i].name != wanted) continue;
    reason = static_cast<Reason>(i);
    return true;
  }
  return false;
}

std::string_view next_step(Reason reason) { return entry(reason).next_step; }
Group group(Reason reason) { return entry(reason).group; }

bool passing(Reason reason) {
  enum : bool { stay = false, restart = true };
  switch (group(reason)) {
#define TORPOR_EXIT(code, group, restarts, meaning, note) \
  case Group::group:                                      \
    return restarts;
#include "base/exits.def"
#undef TORPOR_EXIT
  }
  return stay;
}

// Cut rather than refused where it does not fit: an error about a long path must still come out.
FixedString<512> one_line(const Error& error) {
  FixedString<512> line(name(error.reason));
  if (!error.where.empty()) line << ": " << error.where;
  if (!error.found.empty()) line << ": found " << error.found;
  if (!error.expected.empty())
    line << (error.found.empty() ? ": expected "sv : ", expected "sv) << error.expected;
  if (error.os_code != 0) line << " (os error " << error.os_code << ")";
  return line;
}

}  // namespace torpor
