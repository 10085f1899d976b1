// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <immintrin.h>

#include "model/cpu/kernels_simd.h"

// 256-bit gemm, shared by AVX2 and AVX-VNNI. Both multiply unsigned by signed bytes, so
// the sign of the activation is moved to the weight: a * w = |a| * (sign(a) * w). With both
// in -127..127 a pair sums to at most 2 * 127 * 127 = 32,258 < 2^15: maddubs never
// saturates.
namespace torpor {
namespace {

[[gnu::always_inline]] inline void store8_avx2(std::int8_t* to, I8 v) {
  const auto ints = bits_as<__m256i>(v);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(ints), _mm256_extracti128_si256(ints, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(words, words));
}

// Dot::add(acc, u, s): acc + the four products of u8 and s8 in each 32 bits.
template <class Dot, std::size_t kRows>
[[gnu::always_inline]] inline void gemm_tile(const std::int8_t* a, std::size_t a_stride, const std::int8_t* w,
                                             std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
  __m256i low[kRows], high[kRows];
  for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = _mm256_setzero_si256();
  for (std::size_t g = 0; g < groups; ++g) {
    const __m256i w0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w + 64 * g));
    const __m256i w1 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w + 64 * g + 32));
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t four;
      std::memcpy(&four, a + r * a_stride + 4 * g, sizeof four);
      const __m256i signs = _mm256_set1_epi32(four);
      const __m256i size = _mm256_abs_epi8(signs);
      low[r] = Dot::add(low[r], size, _mm256_sign_epi8(w0, signs));
      high[r] = Dot::add(high[r], size, _mm256_sign_epi8(w1, signs));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc + r * acc_stride), low[r]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc + r * acc_stride + 8), high[r]);
  }
}

// Three rows a tile: 33 tokens leave no remainder, and six sums fit the sixteen registers.
template <class Dot>
void gemm_256(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
              std::size_t blocks, std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::int8_t* wb = w + 64 * groups * block;
    std::size_t r = 0;
    for (; r + 3 <= rows; r += 3)
      gemm_tile<Dot, 3>(a + r * a_stride, a_stride, wb, groups, acc + r * acc_stride + 16 * block,
                        acc_stride);
    for (; r < rows; ++r)
      gemm_tile<Dot, 1>(a + r * a_stride, a_stride, wb, groups, acc + r * acc_stride + 16 * block,
                        acc_stride);
  }
}

}  // namespace
}  // namespace torpor
