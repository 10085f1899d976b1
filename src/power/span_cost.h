// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <algorithm>

#include "base/clock.h"

// mW and spans to mJ. Inside power only.
namespace torpor {

// Nothing for a span that runs backwards.
inline double elapsed_s(Duration span) { return seconds_of(std::max(span, Duration::zero())); }

// (rail - idle) x time: what a rail of this mean draws because of us.
inline double attributed_mj(double rail_mw, double idle_mw, Duration span) {
  return std::max(0.0, rail_mw - idle_mw) * elapsed_s(span);
}

}  // namespace torpor
