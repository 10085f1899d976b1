// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Built with -mavx2 (src/model/cpu/CMakeLists.txt); empty on other processors.
#include "model/cpu/kernels_paths.h"

#if defined(__AVX2__)
#include "model/cpu/kernels_gemm_x86.h"

namespace torpor {
namespace {

struct Avx2Dot {
  [[gnu::always_inline]] static __m256i add(__m256i acc, __m256i u, __m256i s) {
    // Pairs to 16 bits without saturation (kernels_gemm_x86.h), then pairs of those to 32 by a product
    // with 1.
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(u, s), _mm256_set1_epi16(1)));
  }
};

struct Avx2 {
  using Float = F8;
  static constexpr auto gemm = gemm_256<Avx2Dot>;
  [[gnu::always_inline]] static void store8(std::int8_t* to, I8 v) { store8_avx2(to, v); }
};

constexpr Kernels kTable = Simd<Avx2>::table("avx2");

}  // namespace

const Kernels* avx2_kernels() { return &kTable; }

}  // namespace torpor
#else
namespace torpor {
const Kernels* avx2_kernels() { return nullptr; }
}  // namespace torpor
#endif
