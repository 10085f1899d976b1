// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/text.h"

// Small pieces of text that every view writes the same way.
namespace torpor {

// "5.31 J", "790 mJ", "1.2 kJ".
std::string human_mj(double millijoules);
// A name of the code as a word: "infer deadline".
std::string words(std::string_view name);
// "96.0 kB"
std::string human_bytes(std::uint64_t bytes);

double seconds(Duration d);

}  // namespace torpor
