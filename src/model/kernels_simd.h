// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "model/kernel_math.h"
#include "model/kernels.h"

// The kernels other than gemm, sixteen floats at a time, for a file built for one
// instruction set. `Isa` brings two functions:
//   static void gemm(..)                          as Kernels::gemm
//   static void store8(std::int8_t* to, I16 v)    sixteen values in -127..127
// Unnamed namespace: see model/kernel_math.h.
namespace torpor {
namespace {

template <class V, class T>
[[gnu::always_inline]] inline V load16(const T* from) {
  V v;
  static_assert(sizeof v == 16 * sizeof(T));
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class V, class T>
[[gnu::always_inline]] inline void store16(T* to, V v) {
  std::memcpy(to, &v, sizeof v);
}
[[gnu::always_inline]] inline F16 to_float(I16 v) { return __builtin_convertvector(v, F16); }

[[gnu::always_inline]] inline F16 affine16(const std::int32_t* acc, const float* multiplier,
                                           const float* add) {
  return to_float(load16<I16>(acc)) * load16<F16>(multiplier) + load16<F16>(add);
}

// The fixed tree over sixteen partials.
[[gnu::always_inline]] inline float tree16(F16 v) {
  typedef float F8 __attribute__((vector_size(32)));
  typedef float F4 __attribute__((vector_size(16)));
  F8 half[2];
  std::memcpy(half, &v, sizeof v);
  const F8 eight = half[0] + half[1];
  F4 quarter[2];
  std::memcpy(quarter, &eight, sizeof eight);
  const F4 four = quarter[0] + quarter[1];
  return (four[0] + four[2]) + (four[1] + four[3]);
}

template <class Isa>
struct Simd {
  static void quantize(const float* x, std::size_t n, float inverse_scale, std::int8_t* q) {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) Isa::store8(q + i, quantized(load16<F16>(x + i), inverse_scale));
    for (; i < n; ++i) q[i] = static_cast<std::int8_t>(quantized(x[i], inverse_scale));
  }

  static void dequantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                         float* y) {
    for (std::size_t i = 0; i < n; i += 16) store16(y + i, affine16(acc + i, multiplier + i, add + i));
  }

  static void residual(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                       float* x) {
    for (std::size_t i = 0; i < n; i += 16)
      store16(x + i, load16<F16>(x + i) + affine16(acc + i, multiplier + i, add + i));
  }

  static void requantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                         float inverse_scale, std::int8_t* q) {
    for (std::size_t i = 0; i < n; i += 16)
      Isa::store8(q + i, quantized(affine16(acc + i, multiplier + i, add + i), inverse_scale));
  }

  static void gelu_requantize(const std::int32_t* acc, const float* multiplier, const float* add,
                              std::size_t n, float inverse_scale, std::int8_t* q) {
    for (std::size_t i = 0; i < n; i += 16)
      Isa::store8(q + i, quantized(gelu(affine16(acc + i, multiplier + i, add + i)), inverse_scale));
  }

  static void scale_requantize(const std::int32_t* acc, float factor, std::size_t n, float inverse_scale,
                               std::int8_t* q) {
    const F16 factors = F16{} + factor;
    for (std::size_t i = 0; i < n; i += 16)
      Isa::store8(q + i, quantized(to_float(load16<I16>(acc + i)) * factors, inverse_scale));
  }

  // Gives each sixteen of the normalised row to `take(index, values)`.
  template <class Take>
  [[gnu::always_inline]] static void normalise(const float* x, const float* gain, const float* bias,
                                               std::size_t n, Take take) {
    F16 partial{};
    for (std::size_t i = 0; i < n; i += 16) partial = partial + load16<F16>(x + i);
    const F16 mean = F16{} + tree16(partial) / static_cast<float>(n);
    F16 squares{};
    for (std::size_t i = 0; i < n; i += 16) {
      const F16 d = load16<F16>(x + i) - mean;
      squares = squares + d * d;
    }
    const F16 inverse =
        F16{} + 1.0f / __builtin_sqrtf(tree16(squares) / static_cast<float>(n) + kKernelNormEpsilon);
    for (std::size_t i = 0; i < n; i += 16)
      take(i, ((load16<F16>(x + i) - mean) * inverse) * load16<F16>(gain + i) + load16<F16>(bias + i));
  }

  static void norm(const float* x, const float* gain, const float* bias, std::size_t n, float* y) {
    normalise(x, gain, bias, n, [y](std::size_t i, const F16& v) { store16(y + i, v); });
  }

  static void norm_requantize(const float* x, const float* gain, const float* bias, std::size_t n,
                              float inverse_scale, std::int8_t* q) {
    normalise(x, gain, bias, n, [inverse_scale, q](std::size_t i, const F16& v) {
      Isa::store8(q + i, quantized(v, inverse_scale));
    });
  }

  static std::int32_t softmax(const std::int32_t* acc, std::size_t n, float scale, std::int8_t* p) {
    constexpr I16 kLane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const I16 lowest = I16{} + INT32_MIN;
    const auto count = static_cast<std::int32_t>(n);
    I16 tops = lowest;
    for (std::int32_t i = 0; i < count; i += 16) {
      const I16 v = kLane + i < I16{} + count ? load16<I16>(acc + i) : lowest;
      tops = tops > v ? tops : v;
    }
    std::int32_t max = tops[0];
    for (int lane = 1; lane < 16; ++lane) max = max > tops[lane] ? max : tops[lane];
    I16 sums{};
    const F16 scales = F16{} + scale;
    for (std::int32_t i = 0; i < count; i += 16) {
      const I16 q = quantized(exp_nonpositive(to_float(load16<I16>(acc + i) - max) * scales), 127.0f);
      const I16 kept = kLane + i < I16{} + count ? q : I16{};
      Isa::store8(p + i, kept);
      sums = sums + kept;
    }
    std::int32_t sum = 0;
    for (int lane = 0; lane < 16; ++lane) sum += sums[lane];
    return sum;
  }

  static constexpr Kernels table(const char* name) {
    return {name,     Isa::gemm,       quantize,        dequantize,
            residual, requantize,      gelu_requantize, scale_requantize,
            norm,     norm_requantize, softmax};
  }
};

}  // namespace
}  // namespace torpor
