// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cmath>

#include "exact/math.h"

namespace torpor {

using det::SinCos;

// sin and cos of 2 pi turns, |turns| < 2^50, error below 1e-10: for signals, of which it
// makes millions; det::sin_cos_turn is exact and slower. floor and + - * only.
inline SinCos sin_cos(double turns) {
  const double quarter = std::floor(turns * 4 + 0.5);
  const double x = (turns - quarter * 0.25) * 0x1.921fb54442d18p2;  // -pi/4 .. pi/4
  const double x2 = x * x;
  const double s =
      x * (1 + x2 * (-1.0 / 6 + x2 * (1.0 / 120 + x2 * (-1.0 / 5040 + x2 * (1.0 / 362880 - x2 / 39916800)))));
  const double c =
      1 + x2 * (-1.0 / 2 + x2 * (1.0 / 24 + x2 * (-1.0 / 720 + x2 * (1.0 / 40320 + x2 * (-1.0 / 3628800 +
                                                                                         x2 / 479001600)))));
  switch (static_cast<long long>(quarter) & 3) {
    case 0:
      return {s, c};
    case 1:
      return {c, -s};
    case 2:
      return {-s, -c};
    default:
      return {-c, s};
  }
}

// base^exponent for base > 0.
inline double power(double base, double exponent) { return det::exp(exponent * det::log(base)); }

}  // namespace torpor
