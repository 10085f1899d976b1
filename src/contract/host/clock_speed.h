// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>

#include "base/result.h"
#include "contract/contract.h"

namespace torpor {

// A scaled clock shortens what the contract leaves for a window, and the work on it takes as long as
// ever. What one value may take on the slowest host we know, from its source to the other end of
// the link; on a faster one it is less, and the answer is the same on every host.
inline constexpr std::uint32_t kValueNs = 800;

// Whether the first sensor's window can be there on a clock of `speed` before its cycle must infer
// (awake limit less both deadlines), at `ns_per_value`. A speed of 1 always can: that is the
// sensor's own. usage: --speed, with the highest that would do.
Status check_clock_speed(const Terms& terms, double speed, std::uint32_t ns_per_value = kValueNs);

}  // namespace torpor
