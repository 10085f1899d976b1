// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "deploy/test/command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace torpor {

bool has_command(const std::string& name) {
  return run_command("command -v " + name + " >/dev/null").status == 0;
}

CommandOutput run_command(const std::string& line) {
  CommandOutput out;
  std::FILE* pipe = ::popen(("{ " + line + "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 65536> buffer;
  for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.text.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) out.status = WEXITSTATUS(status);
  return out;
}

TemporaryDirectory::TemporaryDirectory() {
  path_ = std::filesystem::temp_directory_path() / "torpor_XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) __builtin_trap();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace torpor
