// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/device_residency.h"

#include <algorithm>

namespace torpor {
namespace {

// Jetson Orin: the GPU of JetPack 5 and the one of JetPack 6, whose device tree has a bus.
constexpr const char* kOrin[] = {"/sys/devices/platform/17000000.gpu",
                                 "/sys/devices/platform/bus@0/17000000.gpu"};
constexpr const char* kPciDevices = "/sys/bus/pci/devices";
constexpr std::string_view kNvidia = "0x10de";
constexpr std::string_view kDisplay = "0x03";  // PCI base class
constexpr std::string_view kStatus = "/power/runtime_status";

bool exists(SystemTree& tree, const std::string& path) {
  SystemTree::Text text;
  const Status read = tree.read(path, text);
  return read.ok() || read.error().reason != Reason::file_missing;
}

bool reads_as(SystemTree& tree, const std::string& path, std::string_view start) {
  SystemTree::Text text;
  return tree.read(path, text).ok() && text.view().starts_with(start);
}

std::vector<std::string> find_devices(SystemTree& tree) {
  std::vector<std::string> found;
  for (const char* device : kOrin) {
    if (exists(tree, device + std::string(kStatus))) found.push_back(device + std::string(kStatus));
  }
  const auto names = tree.list(kPciDevices);
  if (!names) return found;
  for (const std::string& name : *names) {
    const std::string device = std::string(kPciDevices) + "/" + name;
    if (reads_as(tree, device + "/vendor", kNvidia) && reads_as(tree, device + "/class", kDisplay))
      found.push_back(device + std::string(kStatus));
  }
  return found;
}

// "17000000.gpu" of ".../17000000.gpu/power/runtime_status"
std::string_view device_name(std::string_view path) {
  path.remove_suffix(kStatus.size());
  return path.substr(path.rfind('/') + 1);
}

bool is_gpu_node(std::string_view target) {
  return target.starts_with("/dev/nvidia") || target.starts_with("/dev/nvgpu") ||
         (target.starts_with("/dev/nvhost-") && target.find("gpu") != target.npos);
}

bool is_number(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// 1: holds a node; 0: does not; -1: not ours to see. One that ends while we look holds nothing.
int holds_gpu(SystemTree& tree, const std::string& process) {
  const auto files = tree.list(process + "/fd");
  if (!files) return files.error().reason == Reason::file_denied ? -1 : 0;
  for (const std::string& file : *files) {
    const auto target = tree.link_target(process + "/fd/" + file);
    if (target && is_gpu_node(*target)) return 1;
  }
  return 0;
}

}  // namespace

DeviceResidency::DeviceResidency(SystemTree& tree, Rail rail, std::uint32_t idle_mw)
    : tree_(tree), rail_(std::move(rail)), idle_mw_(idle_mw), status_paths_(find_devices(tree)) {}

ResidencyState DeviceResidency::check(FixedString<64>& note) {
  note.clear();
  FixedString<64> device_note;
  const Seen devices = ask_devices(device_note);
  if (devices == Seen::suspended) {
    note = device_note;
    return ResidencyState::released;
  }
  FixedString<64> rail_note;
  const Seen rail = ask_rail(rail_note);
  if (rail == Seen::suspended) {
    note = rail_note;
    return ResidencyState::released;
  }
  if (devices == Seen::nothing && rail == Seen::nothing) {
    note << device_note << "; " << rail_note;
    return ResidencyState::unknown;
  }
  note = devices == Seen::awake ? device_note : rail_note;
  name_holders(note);
  return ResidencyState::resident;
}

// The worst of all: one that is awake, else one that cannot be asked.
DeviceResidency::Seen DeviceResidency::ask_devices(FixedString<64>& note) {
  if (status_paths_.empty()) {
    note = "no GPU seen";
    return Seen::nothing;
  }
  Seen worst = Seen::suspended;
  for (const std::string& path : status_paths_) {
    SystemTree::Text status;
    const Status read = tree_.read(path, status);
    Seen seen = Seen::nothing;
    FixedString<64> said(device_name(path));
    if (!read) {
      said << " " << name(read.error().reason);
      if (read.error().os_code != 0) said << " " << read.error().os_code;
    } else if (status.view() == "suspended") {
      seen = Seen::suspended;
      said << " suspended";
    } else if (status.view() == "active" || status.view() == "resuming" || status.view() == "suspending") {
      seen = Seen::awake;
      said << " " << status;
    } else {
      // "unsupported", "error", or what no kernel says.
      said << " says " << status.view().substr(0, 24);
    }
    if (seen == Seen::awake) {
      note = said;
      return seen;
    }
    if (worst != Seen::nothing) note = said;
    if (seen == Seen::nothing) worst = seen;
  }
  return worst;
}

DeviceResidency::Seen DeviceResidency::ask_rail(FixedString<64>& note) {
  if (!rail_) {
    note = "no rail";
    return Seen::nothing;
  }
  const auto mw = rail_();
  if (!mw) {
    note << "rail: " << name(mw.error().reason);
    return Seen::nothing;
  }
  const bool idle = *mw < idle_mw_;
  note << "rail " << *mw << (idle ? " mW, below " : " mW, not below ") << idle_mw_;
  return idle ? Seen::suspended : Seen::awake;
}

void DeviceResidency::name_holders(FixedString<64>& note) {
  const auto processes = tree_.list("/proc");
  if (!processes) {
    note << "; holders unseen: no /proc";
    return;
  }
  std::size_t hidden = 0;
  std::size_t holders = 0;
  for (const std::string& id : *processes) {
    if (!is_number(id)) continue;
    const std::string process = "/proc/" + id;
    const int holds = holds_gpu(tree_, process);
    if (holds < 0) ++hidden;
    if (holds <= 0) continue;
    SystemTree::Text command;
    if (!tree_.read(process + "/comm", command)) command = SystemTree::Text("?");
    note << (holders++ == 0 ? "; held by " : ", ") << id << " " << command;
  }
  // Who else may hold it cannot be told; what is missing to see it can.
  if (hidden != 0 && holders == 0) note << "; holder unseen: no CAP_SYS_PTRACE";
  if (hidden == 0 && holders == 0) note << "; no holder";
}

}  // namespace torpor
