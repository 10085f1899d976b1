// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"

// `torpor VERB`: each verb is one file, verb_<name>.cpp, which adds its subcommand, reads
// its flags, calls one folder's functions and prints. No logic of its own.
namespace torpor::apps {

// What a verb works with; outlives the CLI::App. A verb that fails sets exit_code
// through fail() and prints nothing else.
struct Verbs {
  Files& files;
  const Clock& clock;
  int exit_code = 0;

  // Prints "torpor VERB: <one line>\n  <next step>" on stderr and sets exit_code.
  void fail(std::string_view verb, const Error& error);
};

void add_key(CLI::App& app, Verbs& verbs);        // torpor key new
void add_contract(CLI::App& app, Verbs& verbs);   // torpor contract check|sign|verify|show|diff
void add_model(CLI::App& app, Verbs& verbs);      // torpor model inspect|verify
void add_baseline(CLI::App& app, Verbs& verbs);   // torpor baseline show|accept|reset
void add_trace(CLI::App& app, Verbs& verbs);      // torpor trace DIR
void add_report(CLI::App& app, Verbs& verbs);     // torpor report DIR --out PAGE.html
void add_telemetry(CLI::App& app, Verbs& verbs);  // torpor telemetry decommission
void add_eval(CLI::App& app, Verbs& verbs);       // torpor eval --pack DIR ..
void add_bench(CLI::App& app, Verbs& verbs);      // torpor bench energy
void add_doctor(CLI::App& app, Verbs& verbs);     // torpor doctor
void add_demo(CLI::App& app, Verbs& verbs);       // torpor demo

}  // namespace torpor::apps
