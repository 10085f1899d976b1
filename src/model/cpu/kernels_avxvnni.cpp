// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Built with -mavx2 -mavxvnni (src/model/cpu/CMakeLists.txt); empty on other processors.
#include "model/cpu/kernels_paths.h"

#if defined(__AVXVNNI__)
#include "model/cpu/kernels_gemm_x86.h"

namespace torpor {
namespace {

struct VnniDot {
  [[gnu::always_inline]] static __m256i add(__m256i acc, __m256i u, __m256i s) {
    return _mm256_dpbusd_avx_epi32(acc, u, s);
  }
};

struct AvxVnni {
  using Float = F8;
  static constexpr auto gemm = gemm_256<VnniDot>;
  [[gnu::always_inline]] static void store8(std::int8_t* to, I8 v) { store8_avx2(to, v); }
};

constexpr Kernels kTable = Simd<AvxVnni>::table("avx-vnni");

}  // namespace

const Kernels* avxvnni_kernels() { return &kTable; }

}  // namespace torpor
#else
namespace torpor {
const Kernels* avxvnni_kernels() { return nullptr; }
}  // namespace torpor
#endif
