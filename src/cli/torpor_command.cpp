// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/torpor_command.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <system_error>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "model/cpu/cpu_backend.h"
#include "program/command_line.h"
#include "program/error_text.h"
#include "program/version.h"

namespace torpor {
namespace {

void add_verbs(CLI::App& app, Verbs& verbs) {
#define TORPOR_VERB(name) add_##name(app, verbs);
#include "cli/verbs.def"
#undef TORPOR_VERB
}

// Whether --json stands in a command line that could not be parsed.
bool asks_for_json(int argc, const char* const* argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  // By the word alone: what could not be parsed has no flags yet. A value "--json" of some option is taken
  // for it, which costs a reader of errors nothing.
  return std::any_of(words.begin(), words.end(), [](std::string_view word) { return word == "--json"; });
}

// The exit code of a call whose output was taken.
int call(int argc, const char* const* argv) {
  PosixFiles files;
  // Tools live in real time; only roles can be told --speed.
  const PosixClock clock = PosixClock::unscaled();
  Verbs verbs{files, clock};
  CLI::App app(
      "torpor: a bearing-failure detector that keeps its power budget because the budget is a signed "
      "contract.",
      "torpor");
  app.require_subcommand(1);
  app.footer("example:\n  torpor demo --out out/demo\n  torpor VERB --help");
  add_verbs(app, verbs);
  const auto ended = parse_command_line(
      app, argc, argv, [] { return version_text("torpor", CpuBackend().kernels_name()); },
      [&](const std::string& who, const Error& error) {
        print_error(who, error, exit_code(error.reason), asks_for_json(argc, argv));
      });
  return ended ? *ended : verbs.exit_code;
}

}  // namespace

int torpor_command(int argc, const char* const* argv) {
  int code = 0;
  bool taken = true;
  try {
    // fmt throws where stdout is full or closed; everything else is a value.
    code = call(argc, argv);
  } catch (const std::system_error&) {  // fmt's, when it cannot write
    taken = false;
  }
  // What is still in the buffer counts, too: only the flush says whether it was taken.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) taken = false;
  if (taken) return code;
  // On stderr, with --json as without: stdout is what failed.
  const Error error{.reason = Reason::io_failed, .where = "standard output"};
  tell_error("torpor", error);
  return exit_code(error.reason);
}

}  // namespace torpor
