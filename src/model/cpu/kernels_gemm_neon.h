// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <arm_neon.h>

#include "model/cpu/kernels_simd.h"

// 128-bit gemm, shared by plain NEON and the dot product extension. Signed by signed, so
// nothing needs an offset.
namespace torpor {
namespace {

// Dot::add(acc, w, a): acc + the four products of s8 and s8 in each 32 bits.
template <class Dot, std::size_t kRows>
[[gnu::always_inline]] inline void gemm_tile(const std::int8_t* a, std::size_t a_stride, const std::int8_t* w,
                                             std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
  int32x4_t sum[kRows][4];
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t q = 0; q < 4; ++q) sum[r][q] = vdupq_n_s32(0);
  for (std::size_t g = 0; g < groups; ++g) {
    int8x16_t weights[4];
    for (std::size_t q = 0; q < 4; ++q) weights[q] = vld1q_s8(w + 64 * g + 16 * q);
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t four;
      std::memcpy(&four, a + r * a_stride + 4 * g, sizeof four);
      const int8x16_t row = vreinterpretq_s8_s32(vdupq_n_s32(four));
      for (std::size_t q = 0; q < 4; ++q) sum[r][q] = Dot::add(sum[r][q], weights[q], row);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t q = 0; q < 4; ++q) vst1q_s32(acc + r * acc_stride + 4 * q, sum[r][q]);
}

template <class Dot>
struct Neon {
  using Float = F4;
  static void gemm(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
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
  [[gnu::always_inline]] static void store8(std::int8_t* to, I4 v) {
    const int16x4_t words = vmovn_s32(bits_as<int32x4_t>(v));
    const int32x2_t bytes = vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words)));
    std::memcpy(to, &bytes, 4);
  }
};

}  // namespace
}  // namespace torpor
