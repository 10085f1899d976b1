// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/device_runtime.h"

#include <limits>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr const char* kOrinGpu[] = {"/sys/devices/platform/17000000.gpu/power/",
                                    "/sys/devices/platform/bus@0/17000000.gpu/power/"};
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / 4;

}  // namespace

DeviceRuntime::DeviceRuntime(SystemTree& tree) : tree_(tree) {
  for (const std::string directory : kOrinGpu) {
    SystemTree::Text text;
    // The first that answers: a machine has one of the two layouts.
    if (!tree.read(directory + "runtime_active_time", text)) continue;
    active_path_ = directory + "runtime_active_time";
    suspended_path_ = directory + "runtime_suspended_time";
    return;
  }
}

double DeviceRuntime::active_share_since_last() {
  if (active_path_.empty()) return 0;
  const auto active = read_integer(tree_, active_path_, 0, kMax);
  const auto suspended = read_integer(tree_, suspended_path_, 0, kMax);
  const bool was_known = known_;
  const std::int64_t active_before = active_ms_;
  const std::int64_t suspended_before = suspended_ms_;
  known_ = active.ok() && suspended.ok();
  if (!known_) return 0;
  active_ms_ = *active;
  suspended_ms_ = *suspended;
  const std::int64_t ran = active_ms_ - active_before;
  const std::int64_t slept = suspended_ms_ - suspended_before;
  // Counters start anew when the driver is loaded again: a share from two lives of it would be none.
  if (!was_known || ran < 0 || slept < 0 || ran + slept == 0) return 0;
  const double share = static_cast<double>(ran) / static_cast<double>(ran + slept);
  TORPOR_ASSERT(share >= 0 && share <= 1, "device_runtime.a_share_lies_between_none_and_all");
  return share;
}

}  // namespace torpor
