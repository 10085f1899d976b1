// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/fake/torpor_call.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/fake/places.h"
#include "base/posix/process.h"

namespace torpor {

void TorporCallTest::SetUp() {
  std::string pattern = ::testing::TempDir() + "torpor_call_XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  dir_ = pattern;
}

void TorporCallTest::TearDown() { std::filesystem::remove_all(dir_); }

TorporCallTest::Ended TorporCallTest::call(const std::string& program,
                                           const std::vector<std::string>& arguments) const {
  // The shell only parts the outputs; "$@" hands every argument on as it is.
  std::vector<std::string> command = {"/bin/sh", "-c", "cd \"$0\" && \"$@\" >.out 2>.err", dir_,
                                      in_build("bin/" + program)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto child = ChildProcess::start(command, at(".shell"));
  if (!child) __builtin_trap();
  std::optional<int> code;
  while (!(code = child->exit_code())) ::usleep(2000);
  Ended ended{.code = *code, .out = get(".out"), .err = get(".err")};
  // A test may look at what a call leaves: nothing of this is in its way.
  for (const char* name : {".out", ".err", ".shell"}) std::filesystem::remove(at(name));
  return ended;
}

void TorporCallTest::put(const std::string& name, const std::string& text) const {
  const std::filesystem::path whole = at(name);
  std::filesystem::create_directories(whole.parent_path());
  std::ofstream(whole) << text;
  std::filesystem::permissions(whole, std::filesystem::perms(0644));
}

std::string TorporCallTest::get(const std::string& name) const {
  std::ifstream in(at(name));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace torpor
