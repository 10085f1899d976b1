// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The end of a hosted process whose assertion does not hold.
#include "base/assertion.h"

#include <cstdio>
#include <cstdlib>

#include "base/error.h"

extern "C" void torpor_assertion_failed(const char* name) {
  using torpor::Reason;
  const auto step = torpor::next_step(Reason::internal);
  // One call: what two processes say on one stderr is then not mixed within a line.
  std::fprintf(stderr, "torpor: internal: %s\n  %.*s\n", name, static_cast<int>(step.size()), step.data());
  // Not exit(): its handlers and destructors would run on state that has just been found broken, and some of
  // them write files. Not abort(): its signal would hide the exit code supervisors read.
  std::_Exit(torpor::exit_code(Reason::internal));
}
