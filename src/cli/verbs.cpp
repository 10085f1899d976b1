// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/verbs.h"

#include "base/assertion.h"
#include "cli/print.h"

namespace torpor {
namespace {

// "torpor contract sign": as it was typed.
std::string whole_name(const CLI::App& verb) {
  const CLI::App* parent = verb.get_parent();
  return parent == nullptr ? verb.get_name() : whole_name(*parent) + " " + verb.get_name();
}

int exit_code_of(const Error& error, Refused refused) {
  const bool eased = refused == Refused::is_bad_input && group(error.reason) == Group::refused;
  return eased ? static_cast<int>(Group::bad_input) : exit_code(error.reason);
}

}  // namespace

void add_json(CLI::App& verb, Verbs& verbs) { verb.add_flag("--json", verbs.json, "print one JSON object"); }

void on_call(CLI::App& verb, Verbs& verbs, std::function<Status()> work, Refused refused) {
  // CLI11 calls it while parsing; `verbs` and the app outlive that. No exception leaves `work`.
  verb.callback([&verb, &verbs, work = std::move(work), refused] {
    const Status done = work();
    if (done) return;
    verbs.exit_code = exit_code_of(done.error(), refused);
    TORPOR_ASSERT(verbs.exit_code != 0, "cli.a_verb_that_failed_does_not_exit_with_0");
    print_error(whole_name(verb), done.error(), verbs.exit_code, verbs.json);
  });
}

}  // namespace torpor
