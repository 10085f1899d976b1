// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/system_tree.h"

namespace torpor {

// Who has a GPU's device nodes open, from /proc/PID/fd: looking opens none of them. What
// belongs to other users is visible with CAP_SYS_PTRACE alone.
struct DeviceHolders {
  struct Holder {
    std::string pid;
    std::string program;  // /proc/PID/comm, printable
    std::string node;     // the first one found: "/dev/nvhost-gpu"
  };
  std::vector<Holder> seen;
  std::size_t hidden = 0;  // processes that may not be looked at
  std::size_t looked = 0;  // processes that were
};
DeviceHolders gpu_holders(SystemTree& tree);

}  // namespace torpor
