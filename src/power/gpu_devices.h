// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <vector>

#include "base/system_tree.h"

// GPUs as the kernel shows them, and who uses them. Looking wakes nothing: no device node is
// opened. Heap.
namespace torpor {

// Below a GPU's directory: "suspended" while it is powered down.
inline constexpr std::string_view kRuntimeStatus = "/power/runtime_status";

// Directories of the Orin's GPU, in the layouts of JetPack 5 and 6, and of NVIDIA's on the PCI bus.
std::vector<std::string> gpu_devices(SystemTree& tree);

struct GpuHolders {
  struct Holder {
    std::string process;  // its id
    std::string program;  // as it calls itself; "?" where that cannot be read
    std::string node;     // the first one found: "/dev/nvidia0"
  };
  std::vector<Holder> holders;
  std::size_t looked = 0;  // processes that could be looked at
  std::size_t hidden = 0;  // and that could not: of other users, without CAP_SYS_PTRACE
};
// Who has a node of a GPU open, by /proc/PID/fd. Errors: of listing /proc.
Result<GpuHolders> gpu_holders(SystemTree& tree);

}  // namespace torpor
