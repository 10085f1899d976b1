// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace torpor {

// A unit of acceleration as a manifest writes it: a row of units.def.
struct Unit {
  std::string_view word = "g";
  double g = 1;  // one of it in g; 0 = "raw", nobody stated what the numbers mean
  [[nodiscard]] bool stated() const { return g > 0; }
};

// The unit that `text` is, or begins with where a remark in parentheses follows:
// "g (3.9 mg per LSB nominal)". false: none of units.def.
[[nodiscard]] bool find_unit(std::string_view text, Unit& unit);
// "g, mg, .."; of `stated` ones alone where only those will do.
std::string unit_words(bool only_stated);

}  // namespace torpor
