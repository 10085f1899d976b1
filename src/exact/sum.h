// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <span>

// Sums whose order is part of their definition.
//
// Element i is added to partial i mod 16, in rising i; a missing tail adds nothing. The
// partials are then added as a fixed tree: q[j] = p[j] + p[j + 8], r[j] = q[j] + q[j + 4],
// s[j] = r[j] + r[j + 2], result = s[0] + s[1]. Sixteen because it fills the registers
// of SSE2, NEON, AVX2 and AVX-512 alike: a wider host changes nothing but the time.
// The empty sum is 0.
namespace torpor::det {

inline constexpr std::size_t kPartials = 16;

float sum(std::span<const float> x);
float dot(std::span<const float> x, std::span<const float> y);  // sizes equal; products rounded first
float sum_squares(std::span<const float> x);
// Of (x - centre): second and fourth power in one pass.
struct PowerSums {
  float second;
  float fourth;
};
PowerSums central_sums(std::span<const float> x, float centre);

double sum(std::span<const double> x);
double dot(std::span<const double> x, std::span<const double> y);

// Largest |x - centre|; 0 for an empty span. Order does not matter here, speed does.
float max_abs(std::span<const float> x, float centre);

}  // namespace torpor::det
