// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// What every arm64 processor has; empty elsewhere.
#include "model/cpu/kernels_paths.h"

#if defined(__aarch64__)
#include "model/cpu/kernels_gemm_neon.h"

namespace torpor {
namespace {

struct WideningDot {
  [[gnu::always_inline]] static int32x4_t add(int32x4_t acc, int8x16_t w, int8x16_t a) {
    // A product fits 16 bits, the sum of four does not: widened while they are paired.
    const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(a));
    const int16x8_t high = vmull_high_s8(w, a);
    return vaddq_s32(acc, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
  }
};

constexpr Kernels kTable = Simd<Neon<WideningDot>>::table("neon");

}  // namespace

const Kernels* neon_kernels() { return &kTable; }

}  // namespace torpor
#else
namespace torpor {
const Kernels* neon_kernels() { return nullptr; }
}  // namespace torpor
#endif
