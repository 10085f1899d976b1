// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/print.h"

#include <fmt/core.h>

#include "base/assertion.h"
#include "base/fixed_string.h"
#include "program/error_text.h"

namespace torpor {

void print_json(const Json& json) {
  // Bytes that are no UTF-8 are replaced: names come from devices, and dump() would throw.
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_error(std::string_view who, const Error& error, int exit_code, bool json) {
  TORPOR_ASSERT(exit_code >= static_cast<int>(Group::usage), "cli.an_error_has_an_exit_code_of_errors");
  // stderr for people, stdout for scripts: a script that asked for JSON gets one object in either case.
  if (!json) return tell_error(who, error);
  print_json({{"error",
               {{"reason", name(error.reason)},
                {"where", error.where.view()},
                {"found", error.found.view()},
                {"expected", error.expected.view()},
                {"next_step", next_step(error.reason)},
                {"exit_code", exit_code}}}});
}

}  // namespace torpor
