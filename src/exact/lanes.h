// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Four floats side by side: the one width of the deterministic arithmetic.
//
// Why a vector type and not loops left to the compiler: g++-11 at -O2 does not
// vectorise, and what a compiler chooses to vectorise must not decide a bit. Each lane
// is an IEEE binary32 computation of its own (round to nearest even, no contraction, no
// flush to zero); no lane ever depends on its neighbour, so SSE2, NEON and plain scalar
// code give equal bits.
namespace torpor::det {

inline constexpr std::size_t kLanes = 4;

typedef float F4 __attribute__((vector_size(16)));
typedef std::int32_t I4 __attribute__((vector_size(16)));
static_assert(sizeof(F4) == 16 && sizeof(I4) == 16);

// Unaligned load and store of four consecutive floats.
inline F4 load4(const float* from) {
  F4 v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store4(float* to, F4 v) { std::memcpy(to, &v, sizeof v); }

inline F4 broadcast(float x) { return F4{x, x, x, x}; }
inline I4 broadcast(std::int32_t x) { return I4{x, x, x, x}; }

// The bits of one as the other.
inline I4 bits_of(F4 v) {
  I4 i;
  std::memcpy(&i, &v, sizeof i);
  return i;
}
inline F4 floats_of(I4 i) {
  F4 v;
  std::memcpy(&v, &i, sizeof v);
  return v;
}

// mask lanes are 0 or -1, as comparisons of F4 make them.
inline F4 select(I4 mask, F4 yes, F4 no) { return floats_of((mask & bits_of(yes)) | (~mask & bits_of(no))); }
// Like the SSE instructions: the second operand where either is NaN, or both are zero.
inline F4 max4(F4 a, F4 b) { return select(a > b, a, b); }
inline F4 min4(F4 a, F4 b) { return select(a < b, a, b); }

inline F4 sqrt4(F4 v) {  // IEEE: correctly rounded everywhere
  return F4{__builtin_sqrtf(v[0]), __builtin_sqrtf(v[1]), __builtin_sqrtf(v[2]), __builtin_sqrtf(v[3])};
}

}  // namespace torpor::det
