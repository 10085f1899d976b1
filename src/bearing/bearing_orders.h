// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "contract/contract.h"

namespace torpor {

// Defect frequencies as multiples of the shaft frequency: inner race turning with the
// shaft, outer race at rest, pure rolling. With g = (d / D) cos(angle), d the element's
// diameter, D the pitch diameter, n elements (kinematics of a rolling-element bearing, as in
// any textbook, e.g. Randall, Vibration-based Condition Monitoring, 2011, section 2.2.3):
//   cage        ftf  = (1 - g) / 2
//   outer race  bpfo = n (1 - g) / 2
//   inner race  bpfi = n (1 + g) / 2
//   element     bsf  = D / (2 d) (1 - g^2), the element's spin; a spall on it strikes both
//                      races, so that 2 bsf is what is heard, modulated by ftf
// Real ones lie 1-2 % beside these, by slip.
struct BearingOrders {
  double ftf = 0;
  double bpfo = 0;
  double bpfi = 0;
  double bsf = 0;
};

// Empty when the geometry is not known (no elements) or is none (d >= D, angle >= 90 deg).
[[nodiscard]] std::optional<BearingOrders> bearing_orders(const BearingTerms& geometry);

}  // namespace torpor
