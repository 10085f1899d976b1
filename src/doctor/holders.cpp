// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "doctor/holders.h"

#include <algorithm>
#include <array>

#include "doctor/checks.h"

namespace torpor {
namespace {

// Discrete GPUs, and the Jetson's: its GPU, its memory, its engines.
constexpr std::array<std::string_view, 5> kNodes = {"/dev/nvidia", "/dev/nvhost-", "/dev/nvmap", "/dev/nvgpu",
                                                    "/dev/dri/render"};

bool is_gpu_node(std::string_view target) {
  return std::any_of(kNodes.begin(), kNodes.end(), [&](auto node) { return target.starts_with(node); });
}

bool is_pid(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

DeviceHolders gpu_holders(SystemTree& tree) {
  DeviceHolders holders;
  for (const std::string& pid : names_in(tree, "/proc")) {
    if (!is_pid(pid)) continue;
    const std::string process = "/proc/" + pid;
    const auto open = tree.list(process + "/fd");
    if (!open) {
      // Gone since it was listed, or not ours to see.
      if (open.error().reason == Reason::file_denied) ++holders.hidden;
      continue;
    }
    ++holders.looked;
    for (const std::string& fd : *open) {
      const auto target = tree.link_target(process + "/fd/" + fd);
      if (!target || !is_gpu_node(*target)) continue;
      holders.seen.push_back(
          {.pid = pid, .program = shown(tree, process + "/comm").value_or("?"), .node = printable(*target)});
      break;
    }
  }
  return holders;
}

}  // namespace torpor
