// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>

#include "exact/lanes.h"

// Transcendentals that give the same bits on every host. A libm's log may differ in the
// last bit between versions and processors; a baseline learned on one must hold on the
// other. Only + - * / sqrt and integer operations are used, in a fixed order.
//
// All are pure and may be called from any thread. Subnormal input counts as zero where
// a logarithm is taken. ULP bounds are those the tests hold against a libm.
namespace torpor::det {

// Natural logarithm. log(x <= 0, subnormal) = log of the smallest normal number
// (-87.3 / -708.4), so that a silent band is a number; log(NaN) = NaN, log(inf) is
// finite garbage. Error <= 2 ulp.
float log(float x);
double log(double x);
F4 log4(F4 x);  // bit for bit log(float) in each lane

// e^x, argument clamped to [-87, 88] / [-708, 709]: never subnormal, never infinite.
// Error <= 2 ulp.
float exp(float x);
double exp(double x);
F4 exp4(F4 x);

// Error function, absolute error <= 2e-7, odd, erf(x) = +-1 for |x| >= 4. For GELU.
float erf(float x);
F4 erf4(F4 x);

double log1p(double x);  // for x >= 0 only; log(1 + x), correction for small x
float log1p(float x);

// sin and cos of 2 pi k / n, n > 0: exact octant reduction, then a polynomial; error
// <= 2 ulp of 1.0 in double. What twiddle factors and windows are made from.
struct SinCos {
  double sin;
  double cos;
};
SinCos sin_cos_turn(std::int64_t k, std::int64_t n);

// Nearest integer, ties to even, saturating at the ends of int32; NaN gives 0.
std::int32_t round_half_even(float x);
std::int32_t round_half_even(double x);

// In place over an array of any length: lane j of block i is element 4 i + j; the tail
// runs through the same code. out may be in.
void log_all(std::span<const float> in, std::span<float> out);

}  // namespace torpor::det
