// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The command for people: keys, contracts, reports, models, baselines, the demo.

#include <cstdio>
#include <system_error>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "base/posix/tell.h"
#include "cli/verbs.h"

namespace torpor::apps {

void Verbs::fail(std::string_view verb, const Error& error) {
  tell("torpor {}: {}\n  {}\n", verb, one_line(error).view(), next_step(error.reason));
  exit_code = torpor::exit_code(error.reason);
}

namespace {

int run(int argc, char** argv) {
  PosixFiles files;
  const PosixClock clock = PosixClock::unscaled();
  Verbs verbs{files, clock};
  CLI::App app(
      "torpor: a bearing-failure detector that keeps its power budget because the budget is a signed "
      "contract.");
  app.require_subcommand(1);
  app.footer("example:\n  torpor demo --out out/demo\n  torpor VERB --help");
  add_key(app, verbs);
  add_contract(app, verbs);
  add_model(app, verbs);
  add_baseline(app, verbs);
  add_trace(app, verbs);
  add_report(app, verbs);
  add_telemetry(app, verbs);
  add_eval(app, verbs);
  add_bench(app, verbs);
  add_doctor(app, verbs);
  add_demo(app, verbs);
  bool taken = true;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    verbs.exit_code = app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    verbs.exit_code = exit_code(Reason::usage);
  } catch (const std::system_error&) {  // fmt's, when it cannot write
    taken = false;
  }
  // Output that was not taken is no output, whatever the verb says of itself.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) taken = false;
  if (!taken)
    verbs.fail(argc > 1 ? argv[1] : "output", {.reason = Reason::io_failed, .where = "standard output"});
  return verbs.exit_code;
}

}  // namespace
}  // namespace torpor::apps

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory, or a flag declared twice
int main(int argc, char** argv) { return torpor::apps::run(argc, argv); }
