// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

// How verbs print: one form of JSON and one form of error for all of them.
namespace torpor {

using Json = nlohmann::ordered_json;  // members stay in the order they are written in

// One JSON value on stdout, two spaces deep, a newline behind it. Bytes that are no UTF-8 (a
// text cut at its bound, a path) become U+FFFD. Throws std::system_error where stdout takes
// nothing, as fmt::print does; torpor_command() turns it into exit code 74.
void print_json(const Json& json);

// A failure, as programs and as people read it. With `json`, on stdout, since that is what a
// program reads, and nothing on stderr:
//   {"error": {"reason", "where", "found", "expected", "next_step", "exit_code"}}
// all texts but the number, empty where there is nothing to say. Else tell_error() on stderr.
// `who` is the program with its verb, "torpor contract sign".
void print_error(std::string_view who, const Error& error, int exit_code, bool json);

}  // namespace torpor
