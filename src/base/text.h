// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

// Text for people and for JSON, on a computer: heap.
namespace torpor {

// The text itself where it is UTF-8, else with '?' for every byte beyond ASCII: what came
// from outside must not make a JSON document that nobody can read.
std::string valid_text(std::string_view text);

// "60.000 s", "-1.800 s", "12.3 ms", "410 us": three or four digits that matter; with `sign`
// a '+' stands before what is above zero.
std::string human(Duration d, bool sign = false);

}  // namespace torpor
