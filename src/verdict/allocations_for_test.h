// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>

namespace torpor {

// Calls of operator new so far, in a program that links this (it replaces the operator).
std::size_t allocations_for_test();

}  // namespace torpor
