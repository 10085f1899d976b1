// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <string>

#include "base/system_tree.h"

namespace torpor {

// For how long the kernel kept the GPU powered: power/runtime_active_time and
// runtime_suspended_time, in ms since boot, which count on while we sleep. Found when this
// is made, on the device-tree paths of Jetson Orin (JetPack 5 and 6). One thread; no heap
// after it was made.
class DeviceRuntime {
 public:
  // `tree` outlives this.
  explicit DeviceRuntime(SystemTree& tree);

  // Share of the time since the last call in which the GPU was active, 0 to 1; 0 in the
  // first call and where the counters are not there, are no numbers or went backwards.
  double active_share_since_last();

 private:
  SystemTree& tree_;
  std::string active_path_;  // empty: no GPU shows its counters
  std::string suspended_path_;
  bool known_ = false;
  std::int64_t active_ms_ = 0;
  std::int64_t suspended_ms_ = 0;
};

}  // namespace torpor
