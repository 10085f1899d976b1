// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/gpu_devices.h"

#include <algorithm>

namespace torpor {
namespace {

// Jetson Orin: the GPU of JetPack 5 and the one of JetPack 6, whose device tree has a bus.
constexpr const char* kOrin[] = {"/sys/devices/platform/17000000.gpu",
                                 "/sys/devices/platform/bus@0/17000000.gpu"};
constexpr const char* kPciDevices = "/sys/bus/pci/devices";
constexpr std::string_view kNvidia = "0x10de";
constexpr std::string_view kDisplay = "0x03";  // PCI base class

bool exists(SystemTree& tree, const std::string& path) {
  SystemTree::Text text;
  const Status read = tree.read(path, text);
  // What may not be read is there all the same: taken for absent, a powered GPU would go unseen.
  return read.ok() || read.error().reason != Reason::file_missing;
}

bool reads_as(SystemTree& tree, const std::string& path, std::string_view start) {
  SystemTree::Text text;
  return tree.read(path, text).ok() && text.view().starts_with(start);
}

bool is_gpu_node(std::string_view target) {
  return target.starts_with("/dev/nvidia") || target.starts_with("/dev/nvgpu") ||
         (target.starts_with("/dev/nvhost-") && target.find("gpu") != target.npos);
}

bool is_number(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<std::string> gpu_devices(SystemTree& tree) {
  std::vector<std::string> found;
  // By path, not by a driver's library: loading one could wake the device.
  for (const char* device : kOrin) {
    if (exists(tree, device + std::string(kRuntimeStatus))) found.emplace_back(device);
  }
  const auto names = tree.list(kPciDevices);
  if (!names) return found;
  for (const std::string& name : *names) {
    const std::string device = std::string(kPciDevices) + "/" + name;
    if (reads_as(tree, device + "/vendor", kNvidia) && reads_as(tree, device + "/class", kDisplay))
      found.push_back(device);
  }
  return found;
}

Result<GpuHolders> gpu_holders(SystemTree& tree) {
  TORPOR_TRY(const auto processes, tree.list("/proc"));
  GpuHolders found;
  for (const std::string& id : processes) {
    if (!is_number(id)) continue;
    const std::string process = "/proc/" + id;
    const auto files = tree.list(process + "/fd");
    if (!files) {
      // One that ended while we looked holds nothing.
      if (files.error().reason == Reason::file_denied) ++found.hidden;
      continue;
    }
    ++found.looked;
    for (const std::string& file : *files) {
      const auto target = tree.link_target(process + "/fd/" + file);
      // A descriptor that was closed meanwhile has no target any more, and holds nothing.
      if (!target || !is_gpu_node(*target)) continue;
      SystemTree::Text program;
      // Ended between the two looks: it held the device all the same.
      if (!tree.read(process + "/comm", program)) program = SystemTree::Text("?");
      found.holders.push_back({.process = id, .program = std::string(program), .node = *target});
      // Once per process: who holds a GPU has several of its nodes open.
      break;
    }
  }
  return found;
}

}  // namespace torpor
