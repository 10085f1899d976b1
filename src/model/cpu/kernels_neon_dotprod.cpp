// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Built with -march=armv8.2-a+dotprod (src/model/cpu/CMakeLists.txt); empty elsewhere.
#include "model/cpu/kernels_paths.h"

#if defined(__ARM_FEATURE_DOTPROD)
#include "model/cpu/kernels_gemm_neon.h"

namespace torpor {
namespace {

struct SdotDot {
  [[gnu::always_inline]] static int32x4_t add(int32x4_t acc, int8x16_t w, int8x16_t a) {
    return vdotq_s32(acc, w, a);
  }
};

constexpr Kernels kTable = Simd<Neon<SdotDot>>::table("neon-dotprod");

}  // namespace

const Kernels* neon_dotprod_kernels() { return &kTable; }

}  // namespace torpor
#else
namespace torpor {
const Kernels* neon_dotprod_kernels() { return nullptr; }
}  // namespace torpor
#endif
