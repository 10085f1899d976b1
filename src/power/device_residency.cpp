// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/device_residency.h"

#include "base/assertion.h"
#include "power/gpu_devices.h"

namespace torpor {
namespace {

// "17000000.gpu" of ".../17000000.gpu/power/runtime_status"
std::string_view device_name(std::string_view path) {
  TORPOR_ASSERT(path.ends_with(kRuntimeStatus), "residency.a_status_is_asked_at_its_path");
  // The note has 64 characters: the whole path would leave no room for what was seen.
  path.remove_suffix(kRuntimeStatus.size());
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

DeviceResidency::DeviceResidency(SystemTree& tree, Rail rail, std::uint32_t idle_mw)
    : tree_(tree), rail_(std::move(rail)), idle_mw_(idle_mw) {
  for (const std::string& device : gpu_devices(tree))
    status_paths_.push_back(device + std::string(kRuntimeStatus));
}

// The device's own word first; the rail only where that is no clear "suspended": a rail below
// the limit proves that nothing on it works, one above may be anybody's.
ResidencyState DeviceResidency::check(FixedString<64>& note) {
  note.clear();
  FixedString<64> device_note;
  // Files of the kernel, no device node: to open one would wake what is being asked about.
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
  // Only for a breach: it lists all of /proc and takes the heap, which no cycle that kept its word pays for.
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
      // "suspending" counts as awake: it draws, and a driver may still refuse and stay up.
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
  TORPOR_ASSERT(!note.empty(), "residency.a_breach_says_what_was_seen_before_who_holds_it");
  const auto found = gpu_holders(tree_);
  if (!found) {
    note << "; holders unseen: no /proc";
    return;
  }
  std::string_view before = "; held by ";
  for (const GpuHolders::Holder& holder : found->holders) {
    note << before << holder.process << " " << holder.program;
    before = ", ";
  }
  // Who else may hold it cannot be told; what is missing to see it can.
  if (!found->holders.empty()) return;
  note << (found->hidden != 0 ? "; holder unseen: no CAP_SYS_PTRACE" : "; no holder");
}

}  // namespace torpor
