// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>
#include <sysexits.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/fake/places.h"

namespace torpor {
namespace {

std::string exit_codes_page() {
  std::ifstream file(in_source("docs/exit-codes.md"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string exit_row(int code, bool restart, const std::string& meaning, const std::string& note) {
  return "| " + std::to_string(code) + " | " + meaning + " | " + (restart ? "restart" : "not restart") +
         (note.empty() ? "" : "; " + note) + " |\n";
}

TEST(Exits, have_the_numbers_of_sysexits) {
  EXPECT_EQ(static_cast<int>(Group::usage), EX_USAGE);
  EXPECT_EQ(static_cast<int>(Group::bad_input), EX_DATAERR);
  EXPECT_EQ(static_cast<int>(Group::absent), EX_UNAVAILABLE);
  EXPECT_EQ(static_cast<int>(Group::bug), EX_SOFTWARE);
  EXPECT_EQ(static_cast<int>(Group::io), EX_IOERR);
  EXPECT_EQ(static_cast<int>(Group::retry), EX_TEMPFAIL);
  EXPECT_EQ(static_cast<int>(Group::permission), EX_NOPERM);
  EXPECT_EQ(static_cast<int>(Group::refused), EX_CONFIG);
}

TEST(Exits, the_documented_table_is_the_table) {
  enum { stay, restart };
  std::string rows;
#define TORPOR_EXIT(code, group, restarts, meaning, note) \
  rows += exit_row(code, restarts == restart, meaning, note);
#include "base/exits.def"
#undef TORPOR_EXIT
  EXPECT_NE(exit_codes_page().find(rows + "\n"), std::string::npos) << rows;
}

TEST(Reasons, the_documented_list_is_the_list) {
  std::string rows = "| reason | code | next step |\n| --- | --- | --- |\n";
#define TORPOR_REASON(name, group, next_step) \
  rows += "| `" #name "` | " + std::to_string(static_cast<int>(Group::group)) + " | " next_step " |\n";
#include "base/reasons.def"
#undef TORPOR_REASON
  EXPECT_NE(exit_codes_page().find(rows), std::string::npos) << rows;
}

TEST(Reasons, every_next_step_begins_with_what_to_do) {
  const std::set<std::string> kVerbs = {
      "add",     "allow",    "apply",   "build",   "check",   "chmod",  "choose",   "compare", "connect",
      "convert", "copy",     "correct", "cut",     "declare", "encode", "end",      "export",  "fetch",
      "give",    "go",       "inspect", "install", "keep",    "learn",  "lengthen", "let",     "list",
      "lower",   "make",     "mend",    "move",    "name",    "put",    "raise",    "read",    "remove",
      "report",  "resample", "restart", "restore", "run",     "say",    "see",      "select",  "send",
      "sign",    "start",    "stop",    "train",   "update",  "use",    "wait",     "write"};
  std::size_t count = 0;
#define TORPOR_REASON(name, group, next_step)                                                    \
  {                                                                                              \
    const std::string step = next_step;                                                          \
    EXPECT_TRUE(kVerbs.count(step.substr(0, step.find_first_of(" ,:;")))) << #name ": " << step; \
    ++count;                                                                                     \
  }
#include "base/reasons.def"
#undef TORPOR_REASON
  EXPECT_GT(count, 200u);
}

}  // namespace
}  // namespace torpor
