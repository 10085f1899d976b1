// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/fixed_string.h"

namespace torpor {

// Where the next of several things in one line is said: "one; another".
template <std::size_t N>
FixedString<N>& next(FixedString<N>& said) {
  if (!said.empty()) said << "; ";
  return said;
}

}  // namespace torpor
