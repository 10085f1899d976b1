// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"

// How every program of torpor reads its command line. CLI11 does the reading; what it says of
// a wrong one is turned into an Error, so that there is one form of error and not two.
namespace torpor {

// `who` is the program and the verb that was meant: "torpord", "torpor contract sign".
using TellUsage = std::function<void(const std::string& who, const Error& error)>;

// Adds --version (`version` is called when it is asked for, see version_text()), parses, and
// gives the exit code where there is nothing left to do: 0 after --help and --version, which
// are printed; 64 after a wrong command line, which `tell` is told of. A misspelt verb or
// option is named, with the one that was probably meant. None: parsed, go on.
//
// CLI11 runs the callbacks of subcommands in here; what they throw goes through. `app` has a
// name. One call a process.
std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv,
                                      const std::function<std::string()>& version, const TellUsage& tell);

// For a program without verbs: as above, errors told by tell_error().
std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv,
                                      const std::function<std::string()>& version);

}  // namespace torpor
