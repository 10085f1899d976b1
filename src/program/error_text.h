// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string_view>

#include "base/error.h"

// The one form in which every program says an Error to a person.
namespace torpor {

// "WHO: REASON: where: found .., expected ..\n  NEXT STEP\n" on stderr, in one write. `who` is
// a program, or a program and its verb: "torpord", "torpor contract sign". Cannot fail.
void tell_error(std::string_view who, const Error& error);

}  // namespace torpor
