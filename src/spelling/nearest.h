// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace torpor {

// How many letters one must insert, delete, replace or swap with their neighbour to get from
// `a` to `b` (optimal string alignment; bytes). Cost: |a| x |b|.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word that was probably meant: the nearest, the first of equally near ones. Empty when
// none is as near as a third of its letters, or two: such a guess would help nobody.
std::string_view nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace torpor
