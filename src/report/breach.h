// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What went against the contract in a cycle: report/breaches.def as types. Adding a breach is
// adding its row there (and its line in docs/record-log.md).
namespace torpor {

// One bit each in a cycle report; the value is the bit's number.
enum class Breach : std::uint8_t {
#define TORPOR_BREACH(bit, name, kind, meaning, words) name = bit,
#include "report/breaches.def"
};
inline constexpr std::size_t kBreaches = 0
#define TORPOR_BREACH(bit, name, kind, meaning, words) +1
#include "report/breaches.def"
    ;
std::string_view name(Breach breach);

// Kinds of breach as operations tell them apart: one alert each. The finer breaches of the
// record that one alert answers are folded. none: counted by a metric of its own.
enum class BreachKind : std::uint8_t {
#define TORPOR_BREACH_KIND(name) name,
#include "report/breaches.def"
  none
};
inline constexpr auto kBreachKinds = static_cast<std::size_t>(BreachKind::none);
std::string_view name(BreachKind kind);  // of any but none: a label value
BreachKind kind_of(Breach breach);

// The table of docs/record-log.md.
std::string breaches_markdown();

}  // namespace torpor
