// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>

namespace torpor {

// Calls of operator new in this program so far. Linking this replaces operator new.
std::uint64_t allocations_for_test();

}  // namespace torpor
