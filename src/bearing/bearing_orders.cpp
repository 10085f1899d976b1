// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "bearing/bearing_orders.h"

#include "exact/math.h"

namespace torpor {

std::optional<BearingOrders> bearing_orders(const BearingTerms& g) {
  constexpr std::uint32_t kQuarterTurnMdeg = 90'000;
  if (g.rolling_elements == 0 || g.element_diameter_um == 0 || g.element_diameter_um >= g.pitch_diameter_um ||
      g.contact_angle_mdeg >= kQuarterTurnMdeg)
    return std::nullopt;
  const double ratio = static_cast<double>(g.element_diameter_um) / g.pitch_diameter_um;
  // By det, not libm: orders are part of samples that are the same on every host.
  const double gamma = ratio * det::sin_cos_turn(g.contact_angle_mdeg, 4 * kQuarterTurnMdeg).cos;
  BearingOrders orders;
  orders.ftf = (1 - gamma) / 2;
  orders.bpfo = g.rolling_elements * (1 - gamma) / 2;
  orders.bpfi = g.rolling_elements * (1 + gamma) / 2;
  orders.bsf = (1 - gamma * gamma) / (2 * ratio);
  return orders;
}

}  // namespace torpor
