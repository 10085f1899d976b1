// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fixed_string.h"

namespace torpor {

// What kind of failure it is; the value is the exit code of a process that ends
// because of it (base/exits.def, docs/exit-codes.md).
enum class Group : std::uint8_t {
#define TORPOR_EXIT(code, group, restart, meaning, note) group = code,
#include "base/exits.def"
#undef TORPOR_EXIT
};

// One name per reason to say no. The list, with group and next step, is
// base/reasons.def, one section per folder.
enum class Reason : std::uint16_t {
#define TORPOR_REASON(name, group, next_step) name,
#include "base/reasons.def"
#undef TORPOR_REASON
};

// A failure as a value: which reason, where it was met (file or peer, field or
// offset), what was found there and what was expected. No heap; may be copied
// freely and sent over the link. `os_code` is an errno value or 0. Made in one expression
// of texts and integers, each part added to what it holds already and cut to fit:
//
//   return Error{.reason = Reason::usage}.at("--speed").saw(speed).want("1 to ", kMaxSpeed);
struct [[nodiscard]] Error {
  Reason reason{};
  FixedString<160> where{};
  FixedString<120> found{};
  FixedString<120> expected{};
  int os_code = 0;

  template <class... Pieces>
  constexpr Error& at(const Pieces&... pieces) {
    return (where << ... << pieces), *this;
  }
  template <class... Pieces>
  constexpr Error& saw(const Pieces&... pieces) {
    return (found << ... << pieces), *this;
  }
  template <class... Pieces>
  constexpr Error& want(const Pieces&... pieces) {
    return (expected << ... << pieces), *this;
  }
};

std::string_view name(Reason reason);
// The reason of that name, as another process of torpor gave it; false: there is none.
[[nodiscard]] bool find_reason(std::string_view name, Reason& reason);
std::string_view next_step(Reason reason);
Group group(Reason reason);
// A supervisor starts a process again that ends for it (the third column of base/exits.def), so
// whoever waits for that process may go on waiting. False: final, until a person acts.
[[nodiscard]] bool passing(Reason reason);
inline int exit_code(Reason reason) { return static_cast<int>(group(reason)); }

// "contract_expired: robot.bundle: expires: found 2026-01-01, expected later than …",
// one line, no newline. Where the parts are empty they are left out.
FixedString<512> one_line(const Error& error);

}  // namespace torpor
