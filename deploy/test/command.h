// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

namespace torpor {

// Is a program of this name on the PATH?
bool has_command(const std::string& name);

struct CommandOutput {
  int status = -1;   // exit status; -1: did not exit
  std::string text;  // stdout and stderr
};
// A line for the shell, to its end.
CommandOutput run_command(const std::string& line);

// A directory that goes with its scope.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace torpor
