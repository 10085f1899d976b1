// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "program/error_text.h"

#include "base/assertion.h"
#include "base/posix/tell.h"

namespace torpor {

void tell_error(std::string_view who, const Error& error) {
  // An error that names nobody, or no way out, is of no use to who reads it.
  TORPOR_ASSERT(!who.empty(), "program.an_error_names_its_program");
  TORPOR_ASSERT(!next_step(error.reason).empty(), "program.an_error_has_a_next_step");
  // Two lines: what it is, and what to do (docs/exit-codes.md). The name stands in front for scripts.
  tell("{}: {}\n  {}\n", who, one_line(error).view(), next_step(error.reason));
}

}  // namespace torpor
