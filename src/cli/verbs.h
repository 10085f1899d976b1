// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"

// `torpor VERB`: each verb is one file, <name>_verb.cpp, and one row of verbs.def. The file
// adds its subcommand, reads its flags, calls one room's functions and prints (print.h). No
// logic of its own.
namespace torpor {

// What verbs work with and leave; outlives the CLI::App.
struct Verbs {
  Files& files;
  const Clock& clock;
  bool json = false;  // --json was given: stdout carries one JSON object, an error too
  int exit_code = 0;
};

// What a device would refuse (78) may, in the hands of a tool, be plain bad input (65): a
// contract in TOML, a model file. docs/exit-codes.md.
enum class Refused : std::uint8_t { as_a_device_would, is_bad_input };

// --json, for a verb that reports: sets Verbs::json.
void add_json(CLI::App& verb, Verbs& verbs);

// `work` is what the verb does. An Error of it is printed in the one form of all verbs
// (print.h) under the verb's name and sets Verbs::exit_code; work that failed has printed
// nothing on stdout under --json.
void on_call(CLI::App& verb, Verbs& verbs, std::function<Status()> work,
             Refused refused = Refused::as_a_device_would);

#define TORPOR_VERB(name) void add_##name(CLI::App& app, Verbs& verbs);
#include "cli/verbs.def"
#undef TORPOR_VERB

}  // namespace torpor
