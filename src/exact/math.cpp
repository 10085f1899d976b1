// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/math.h"

#include <bit>
#include <limits>

namespace torpor::det {
namespace {

// ln 2 in two parts: the high one has so few bits that its product with an exponent is
// exact.
constexpr float kLn2High = 0x1.62ep-1f;
constexpr float kLn2Low = 0x1.0bfbe8p-15f;
constexpr double kLn2HighD = 0x1.62e42fee00000p-1;
constexpr double kLn2LowD = 0x1.a39ef35793c76p-33;

}  // namespace

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m - 1) / (m + 1),
// whose series needs five terms because s^2 < 0.0295.
F4 log4(F4 x) {
  const I4 is_nan = x != x;
  // max4 turns NaN into the smallest normal number: the bit arithmetic below then stays in range in every
  // lane, and select puts the NaN back.
  const F4 positive = max4(x, broadcast(std::numeric_limits<float>::min()));
  // Adding what lifts sqrt(1/2) to 1 in the exponent field makes e exact without a branch.
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  const I4 shifted = bits_of(positive) + broadcast(std::int32_t{0x3f800000} - kSqrtHalf);
  const I4 exponent = (shifted >> 23) - broadcast(std::int32_t{127});
  const F4 m = floats_of((shifted & broadcast(std::int32_t{0x7fffff})) + broadcast(kSqrtHalf));
  const F4 e = __builtin_convertvector(exponent, F4);

  const F4 f = m - 1.0f;
  const F4 s = f / (m + 1.0f);
  const F4 s2 = s * s;
  // 2 artanh(s) = f - s (f - s2 r): the leading f is exact, so only small terms round.
  const F4 r = s2 * (2.0f / 3 + s2 * (2.0f / 5 + s2 * (2.0f / 7 + s2 * (2.0f / 9))));
  const F4 half_square = 0.5f * f * f;
  // e * kLn2High comes last: it is exact and the largest, so the sum is rounded at its size but once.
  const F4 ln_m = f - (half_square - (s * (half_square + r) + e * kLn2Low));
  const F4 y = ln_m + e * kLn2High;
  return select(is_nan, x, y);
}

float log(float x) { return log4(broadcast(x))[0]; }

double log(double x) {
  // First: in the clamp below NaN would become the smallest normal number.
  if (x != x) return x;
  if (!(x > std::numeric_limits<double>::min())) x = std::numeric_limits<double>::min();
  const auto bits = std::bit_cast<std::int64_t>(x);
  constexpr std::int64_t kSqrtHalf = 0x3fe6a09e667f3bcd;
  const std::int64_t shifted = bits + (0x3ff0000000000000 - kSqrtHalf);
  const auto e = static_cast<double>((shifted >> 52) - 1023);
  const double m = std::bit_cast<double>((shifted & 0xfffffffffffff) + kSqrtHalf);
  const double f = m - 1.0;
  const double s = f / (m + 1.0);
  const double s2 = s * s;
  // The first term left out, 2/23 s^22, is below 2e-18.
  double r = 0;
  for (int k = 21; k >= 3; k -= 2) r = s2 * (2.0 / k + r);
  const double half_square = 0.5 * f * f;
  return (f - (half_square - (s * (half_square + r) + e * kLn2LowD))) + e * kLn2HighD;
}

F4 exp4(F4 x) {
  const I4 is_nan = x != x;
  // 87 and 88 keep 2^k and the result between the smallest normal number and the largest.
  const F4 clamped = min4(max4(x, broadcast(-87.0f)), broadcast(88.0f));
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits, ties to even.
  constexpr float kRound = 12582912.0f;
  const F4 t = clamped * 0x1.715476p+0f + kRound;
  const F4 k = t - kRound;
  // |r| <= ln 2 / 2. The first difference is exact, the second makes up for what kLn2High lacks (Cody and
  // Waite 1980).
  const F4 r = (clamped - k * kLn2High) - k * kLn2Low;
  const F4 p =
      0.5f + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720 + r * (1.0f / 5040)))));
  const F4 y = 1.0f + (r + r * r * p);
  // Into the exponent field; the 1.5 * 2^23 itself is shifted out at the top.
  const I4 power = bits_of(t) << 23;  // the low bits of t hold k
  return select(is_nan, x, floats_of(bits_of(y) + power));
}

float exp(float x) { return exp4(broadcast(x))[0]; }

double exp(double x) {
  if (x != x) return x;
  x = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  const double t = x * 0x1.71547652b82fep+0 + kRound;
  const double k = t - kRound;
  const double r = (x - k * kLn2HighD) - k * kLn2LowD;
  // Taylor to r^13; r^14 / 14! is below 5e-18. Each factorial is below 2^53, so all and their quotients
  // are exact.
  double p = 0;
  double factorial = 6227020800.0;  // 13!
  for (int i = 13; i >= 2; --i) {
    p = r * p + 1.0 / factorial;
    factorial /= i;
  }
  const double y = 1.0 + (r + r * r * p);
  const auto power = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(t) << 52);
  return std::bit_cast<double>(std::bit_cast<std::int64_t>(y) + power);
}

// erf(x) = 1 - exp(-x q(x)) for 0 <= x <= 4 with q(x) = -ln(erfc(x)) / x, a polynomial
// of degree 8 fitted by least squares with weight x erfc(x), the slope of the result.
F4 erf4(F4 x) {
  const I4 is_nan = x != x;
  // On |x|, the sign put back last: odd to the bit, and -0 stays -0.
  const I4 sign = bits_of(x) & broadcast(std::numeric_limits<std::int32_t>::min());
  // erfc(4) = 1.5e-8 is less than half an ulp of 1: beyond 4 the result is 1.
  const F4 a = min4(floats_of(bits_of(x) ^ sign), broadcast(4.0f));
  const F4 q =
      1.128379485f +
      a * (0.6366130082f +
           a * (0.1028199739f +
                a * (-0.01928202025f +
                     a * (4.942482747e-5f +
                          a * (0.001475138349f +
                               a * (-0.0005343666633f + a * (9.12990057e-5f + a * (-6.409346782e-6f))))))));
  const F4 y = 1.0f - exp4(-(a * q));
  // y is never negative, because q is positive: or-ing the sign in is all it takes.
  return select(is_nan, x, floats_of(bits_of(y) | sign));
}

float erf(float x) { return erf4(broadcast(x))[0]; }

double log1p(double x) {
  // Goldberg, What every computer scientist should know about floating-point arithmetic (1991), theorem 4:
  const double u = 1.0 + x;
  // (u - 1) is what of x survived the addition; the ratio repairs the rest.
  return u == 1.0 ? x : log(u) * (x / (u - 1.0));
}
float log1p(float x) { return static_cast<float>(log1p(static_cast<double>(x))); }

SinCos sin_cos_turn(std::int64_t k, std::int64_t n) {
  // Reduced before any rounding: quarter turns come out as exact 0 and 1, and sin and cos of all others
  // repeat to the bit in every quadrant.
  // 8 k / n = octant + rest, exact in integers.
  k %= n;
  if (k < 0) k += n;
  const std::int64_t octant = 8 * k / n;
  const std::int64_t rest = 8 * k - octant * n;  // of n, one octant
  // Odd octants are walked from their far end, so that the polynomials see 0 .. pi/4 alone.
  const std::int64_t folded = (octant & 1) != 0 ? n - rest : rest;
  constexpr double kQuarterPi = 0x1.921fb54442d18p-1;
  const double a = kQuarterPi * (static_cast<double>(folded) / static_cast<double>(n));
  const double a2 = a * a;
  double s = 0;
  double c = 0;
  // Taylor to a^15 and a^16: the next terms are below 5e-17. All factorials are below 2^53, hence exact.
  double factorial = 1307674368000.0;  // 15!
  for (int i = 15; i >= 3; i -= 2) {
    s = a2 * (((i & 2) != 0 ? -1.0 : 1.0) / factorial + s);
    factorial /= static_cast<double>(i) * (i - 1);
  }
  factorial = 20922789888000.0;  // 16!
  for (int i = 16; i >= 2; i -= 2) {
    c = a2 * (((i & 2) != 0 ? -1.0 : 1.0) / factorial + c);
    factorial /= static_cast<double>(i) * (i - 1);
  }
  const double sine = a + a * s;
  const double cosine = 1.0 + c;
  switch (octant) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, sine};
    case 2:
      return {cosine, -sine};
    case 3:
      return {sine, -cosine};
    case 4:
      return {-sine, -cosine};
    case 5:
      return {-cosine, -sine};
    case 6:
      return {-cosine, sine};
    default:
      return {-sine, cosine};
  }
}

std::int32_t round_half_even(double x) {
  if (x != x) return 0;
  if (x >= 2147483647.0) return std::numeric_limits<std::int32_t>::max();
  if (x <= -2147483648.0) return std::numeric_limits<std::int32_t>::min();
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to integers
  return static_cast<std::int32_t>((x + kRound) - kRound);
}
std::int32_t round_half_even(float x) { return round_half_even(static_cast<double>(x)); }

void log_all(std::span<const float> in, std::span<float> out) {
  std::size_t i = 0;
  for (; i + kLanes <= in.size(); i += kLanes) store4(&out[i], log4(load4(&in[i])));
  for (; i < in.size(); ++i) out[i] = log(in[i]);
}

}  // namespace torpor::det
