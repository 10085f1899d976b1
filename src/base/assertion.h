// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

// What must hold whatever comes from outside: a broken assertion is a bug of torpor, never
// bad input (that is an Error). On in every build, firmware included.
//
//   TORPOR_ASSERT(session > session_, "peer.a_session_only_grows");
//
// The name says room and fact, is unique in the tree, and is all that is printed, so that a
// line from the field leads to one line of source. Cost: one branch.

// Ends the program at once; never returns. On a computer (base/assertion.cpp) one line on
// stderr, "torpor: internal: NAME", and exit code 70; no destructor runs and nothing more is
// written, because state that broke a rule must not be made durable. Firmware brings its own.
extern "C" [[noreturn]] void torpor_assertion_failed(const char* name);

#define TORPOR_ASSERT(condition, name) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : torpor_assertion_failed(name))
