// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Built with -mavx512f -mavx512bw -mavx512vl -mavx512vnni (src/model/cpu/CMakeLists.txt);
// empty on other processors.
#include "model/cpu/kernels_paths.h"

#if defined(__AVX512VNNI__)
#include <immintrin.h>

#include "model/cpu/kernels_simd.h"

namespace torpor {
namespace {

// dpbusd takes unsigned activations: a + 128, and the sums start at -128 sum(w), which is
// itself one dpbusd row.
template <std::size_t kRows, std::size_t kBlocks>
[[gnu::always_inline]] inline void tile(const std::int8_t* a, std::size_t a_stride, const std::int8_t* w,
                                        std::size_t groups, const __m512i* start, std::int32_t* acc,
                                        std::size_t acc_stride) {
  // 24 sums and 4 weights of the 32 registers; unrolled (-O3) they stay there: 2.2 ms instead of 3.0.
  __m512i sum[kRows][kBlocks];
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t b = 0; b < kBlocks; ++b) sum[r][b] = start[b];
  for (std::size_t g = 0; g < groups; ++g) {
    __m512i weights[kBlocks];
    for (std::size_t b = 0; b < kBlocks; ++b) weights[b] = _mm512_load_si512(w + 64 * (b * groups + g));
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t four;
      std::memcpy(&four, a + r * a_stride + 4 * g, sizeof four);
      // Adds 128 to each byte: flips its highest bit.
      const __m512i u = _mm512_xor_si512(_mm512_set1_epi32(four), _mm512_set1_epi8(-128));
      for (std::size_t b = 0; b < kBlocks; ++b) sum[r][b] = _mm512_dpbusd_epi32(sum[r][b], u, weights[b]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t b = 0; b < kBlocks; ++b) _mm512_storeu_si512(acc + r * acc_stride + 16 * b, sum[r][b]);
}

template <std::size_t kBlocks>
void blocks_of(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
               std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
  // Once for all rows, since it depends on the weights alone.
  __m512i start[kBlocks];
  for (std::size_t b = 0; b < kBlocks; ++b) {
    __m512i offset = _mm512_setzero_si512();
    for (std::size_t g = 0; g < groups; ++g)
      offset =
          _mm512_dpbusd_epi32(offset, _mm512_set1_epi8(-128), _mm512_load_si512(w + 64 * (b * groups + g)));
    start[b] = _mm512_sub_epi32(_mm512_setzero_si512(), offset);
  }
  // 33 tokens are five times six and one times three: no row goes by itself.
  std::size_t r = 0;
  for (; r + 6 <= rows; r += 6)
    tile<6, kBlocks>(a + r * a_stride, a_stride, w, groups, start, acc + r * acc_stride, acc_stride);
  for (; r + 3 <= rows; r += 3)
    tile<3, kBlocks>(a + r * a_stride, a_stride, w, groups, start, acc + r * acc_stride, acc_stride);
  for (; r < rows; ++r)
    tile<1, kBlocks>(a + r * a_stride, a_stride, w, groups, start, acc + r * acc_stride, acc_stride);
}

struct Avx512 {
  using Float = F16;
  static void gemm(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
                   std::size_t blocks, std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
    std::size_t b = 0;
    for (; b + 4 <= blocks; b += 4)
      blocks_of<4>(a, a_stride, rows, w + 64 * groups * b, groups, acc + 16 * b, acc_stride);
    for (; b < blocks; ++b)
      blocks_of<1>(a, a_stride, rows, w + 64 * groups * b, groups, acc + 16 * b, acc_stride);
  }
  [[gnu::always_inline]] static void store8(std::int8_t* to, I16 v) {
    __m512i ints;
    std::memcpy(&ints, &v, sizeof v);
    // Saturation is not needed: the values are within -127..127.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(0xffff, ints));
  }
};

constexpr Kernels kTable = Simd<Avx512>::table("avx512-vnni");

}  // namespace

const Kernels* avx512_kernels() { return &kTable; }

}  // namespace torpor
#else
namespace torpor {
const Kernels* avx512_kernels() { return nullptr; }
}  // namespace torpor
#endif
