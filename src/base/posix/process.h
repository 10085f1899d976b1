// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace torpor {

// A child process that cannot outlive its owner: the destructor ends it (SIGTERM, then
// SIGKILL when it has not gone within a second) and reaps it, by its own process id.
class ChildProcess {
 public:
  // Starts arguments[0] with stdout and stderr appended to `log_path`. file_missing when
  // the program is not there, io_failed otherwise.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments, const std::string& log_path);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  // The exit code once it has ended (128 + signal when killed by one), without waiting.
  std::optional<int> exit_code();
  void terminate() const;  // SIGTERM
  int id() const { return id_; }

 private:
  explicit ChildProcess(int id) : id_(id) {}
  int id_;
  std::optional<int> exit_code_;
};

}  // namespace torpor
