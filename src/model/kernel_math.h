// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <cstring>

// The arithmetic of the fp32 parts, one text for one float and for several side by side
// (GCC vector extensions, at the width of the instruction set the file is built for). Only + - * / and
// selects in a fixed order: each lane rounds as the scalar does, so the reference and every SIMD path agree
// bit for bit.
//
// Why not exact/math.h: its functions are four lanes wide and out of line; here they are
// inlined at the width of the machine, and need only what an int8 result can show.
//
// Everything is in an unnamed namespace on purpose: the file is compiled with different
// instruction sets, and the linker must not merge the copies.

// Also compiled for a GPU, where it is the same text again (cuda/steps.h).
#if defined(__CUDACC__)
#define TORPOR_EVERYWHERE __host__ __device__
#else
#define TORPOR_EVERYWHERE
#endif

namespace torpor {
namespace {

typedef float F4 __attribute__((vector_size(16)));
typedef std::int32_t I4 __attribute__((vector_size(16)));
typedef float F8 __attribute__((vector_size(32)));
typedef std::int32_t I8 __attribute__((vector_size(32)));
typedef float F16 __attribute__((vector_size(64)));
typedef std::int32_t I16 __attribute__((vector_size(64)));

// The int32 of the same number of lanes.
template <class F>
struct IntOf;
template <>
struct IntOf<float> {
  using type = std::int32_t;
};
template <>
struct IntOf<F4> {
  using type = I4;
};
template <>
struct IntOf<F8> {
  using type = I8;
};
template <>
struct IntOf<F16> {
  using type = I16;
};

template <class To, class From>
TORPOR_EVERYWHERE [[gnu::always_inline]] inline To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// kNormEpsilon of model/float_model.h, here without that header's library includes.
inline constexpr float kKernelNormEpsilon = 1e-5f;

// Adding 1.5 * 2^23 leaves the nearest integer (ties to even) in the low bits.
inline constexpr float kRoundShift = 12582912.0f;
inline constexpr std::int32_t kRoundBits = 0x4b400000;

// NaN becomes `lo`.
template <class F>
TORPOR_EVERYWHERE [[gnu::always_inline]] inline F clamp(F x, float lo, float hi) {
  const F low = F{} + lo;
  const F high = F{} + hi;
  x = x > low ? x : low;
  return x < high ? x : high;
}

// round half to even of x * inverse_scale, saturated to -127..127.
template <class F>
TORPOR_EVERYWHERE [[gnu::always_inline]] inline typename IntOf<F>::type quantized(F x, float inverse_scale) {
  return bits_as<typename IntOf<F>::type>(clamp(x * inverse_scale, -127.0f, 127.0f) + kRoundShift) -
         kRoundBits;
}

// e^x for x <= 0, relative error below 3e-7; x below -87 counts as -87.
template <class F>
TORPOR_EVERYWHERE [[gnu::always_inline]] inline F exp_nonpositive(F x) {
  using I = typename IntOf<F>::type;
  x = clamp(x, -87.0f, 0.0f);
  const F shifted = x * 1.44269504f + kRoundShift;  // low bits: n = round(x / ln 2)
  const F n = shifted - kRoundShift;
  const F r = (x - n * 0.693145751953125f) - n * 1.42860677e-6f;  // ln 2 in two parts
  F p = r * 0.008374648168683052f + 0.041898325085639954f;
  p = p * r + 0.16666457056999207f;
  p = p * r + 0.4999914765357971f;
  p = (p * r) * r + (r + 1.0f);
  return p * bits_as<F>(static_cast<I>((bits_as<I>(shifted) - kRoundBits + 127) << 23));
}

// t/2 (1 + erf(t / sqrt 2)); absolute error below 1e-6 (1 + |t|). erf as an odd rational
// function, fitted by weighted least squares to 1.3e-7 on [0, 3.6] and constant beyond.
template <class F>
TORPOR_EVERYWHERE [[gnu::always_inline]] inline F gelu(F t) {
  const F z = clamp(t * 0.70710678f, -3.6f, 3.6f);
  const F u = z * z;
  F p = u * -1.3515328873836552e-06f + 0.0002174263499910012f;
  p = p * u + 0.008236258290708065f;
  p = p * u + 0.06526848673820496f;
  p = p * u + 0.3154618442058563f;
  p = p * u + 1.1283780336380005f;
  F q = u * 0.0019534979946911335f + 0.02379482612013817f;
  q = q * u + 0.16219112277030945f;
  q = q * u + 0.6128904223442078f;
  q = q * u + 1.0f;
  const F erf = clamp(z * (p / q), -1.0f, 1.0f);
  return (t * 0.5f) * (erf + 1.0f);
}

}  // namespace
}  // namespace torpor
