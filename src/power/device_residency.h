// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/system_tree.h"
#include "power/residency.h"

namespace torpor {

// Whether the GPU sleeps, asked of the kernel alone: reading runtime_status and a rail wakes
// nothing, while NVML or opening a device node would. In this order:
//
//   runtime_status "suspended" of every GPU seen           released
//   module rail below the contract's idle limit            released
//   any GPU in another state, or the rail above            resident
//   neither can be read                                    unknown, with the cause
//
// GPUs are those of the Orin's two kernel layouts and NVIDIA's on the PCI bus, found when
// this is made; one that goes away later is a cause of unknown. Only when resident are the
// holders of the device nodes looked for in /proc, which uses the heap: what other users'
// processes hold is seen with CAP_SYS_PTRACE alone, and the note says so where it is missing.
class DeviceResidency final : public ResidencyProbe {
 public:
  // The module rail in mW, and the errors of reading it; empty: there is no rail.
  using Rail = std::function<Result<std::int64_t>()>;

  // `tree` outlives this.
  DeviceResidency(SystemTree& tree, Rail rail, std::uint32_t idle_mw);

  ResidencyState check(FixedString<64>& note) override;
  std::size_t devices() const { return status_paths_.size(); }

 private:
  enum class Seen : std::uint8_t { nothing, suspended, awake };
  Seen ask_devices(FixedString<64>& cause);
  Seen ask_rail(FixedString<64>& cause);
  void name_holders(FixedString<64>& note);

  SystemTree& tree_;
  Rail rail_;
  std::int64_t idle_mw_;
  std::vector<std::string> status_paths_;
};

}  // namespace torpor
