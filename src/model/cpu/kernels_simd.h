// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "model/cpu/kernels.h"
#include "model/kernel_math.h"

// The kernels other than gemm, for a file built for one instruction set. `Isa` brings
//   using Float = F4, F8 or F16                         its registers
//   static void gemm(..)                                as Kernels::gemm
//   static void store8(std::int8_t* to, Int values)     values in -127..127
// Unnamed namespace: see model/kernel_math.h.
namespace torpor {
namespace {

template <class Isa>
struct Simd {
  using F = typename Isa::Float;
  using I = typename IntOf<F>::type;
  static constexpr std::size_t kWidth = sizeof(F) / sizeof(float);
  static constexpr std::size_t kParts = 16 / kWidth;  // registers that hold sixteen partial sums

  [[gnu::always_inline]] static F load(const float* from) {
    F v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }
  [[gnu::always_inline]] static I load(const std::int32_t* from) {
    I v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }
  [[gnu::always_inline]] static void store(float* to, F v) { std::memcpy(to, &v, sizeof v); }
  [[gnu::always_inline]] static F to_float(I v) { return __builtin_convertvector(v, F); }
  [[gnu::always_inline]] static F affine(const std::int32_t* acc, const float* multiplier, const float* add) {
    return to_float(load(acc)) * load(multiplier) + load(add);
  }

  static void quantize(const float* x, std::size_t n, float inverse_scale, std::int8_t* q) {
    std::size_t i = 0;
    for (; i + kWidth <= n; i += kWidth) Isa::store8(q + i, quantized(load(x + i), inverse_scale));
    for (; i < n; ++i) q[i] = static_cast<std::int8_t>(quantized(x[i], inverse_scale));
  }

  static void dequantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                         float* y) {
    for (std::size_t i = 0; i < n; i += kWidth) store(y + i, affine(acc + i, multiplier + i, add + i));
  }

  static void residual(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                       float* x) {
    for (std::size_t i = 0; i < n; i += kWidth)
      store(x + i, load(x + i) + affine(acc + i, multiplier + i, add + i));
  }

  static void requantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                         float inverse_scale, std::int8_t* q) {
    for (std::size_t i = 0; i < n; i += kWidth)
      Isa::store8(q + i, quantized(affine(acc + i, multiplier + i, add + i), inverse_scale));
  }

  static void gelu_requantize(const std::int32_t* acc, const float* multiplier, const float* add,
                              std::size_t n, float inverse_scale, std::int8_t* q) {
    for (std::size_t i = 0; i < n; i += kWidth)
      Isa::store8(q + i, quantized(gelu(affine(acc + i, multiplier + i, add + i)), inverse_scale));
  }

  static void scale_requantize(const std::int32_t* acc, float factor, std::size_t n, float inverse_scale,
                               std::int8_t* q) {
    const F factors = F{} + factor;
    for (std::size_t i = 0; i < n; i += kWidth)
      Isa::store8(q + i, quantized(to_float(load(acc + i)) * factors, inverse_scale));
  }

  // The fixed tree over sixteen partials.
  [[gnu::always_inline]] static float tree(const F (&parts)[kParts]) {
    F8 eight[2];
    std::memcpy(eight, parts, sizeof eight);
    const F8 sum8 = eight[0] + eight[1];
    F4 four[2];
    std::memcpy(four, &sum8, sizeof four);
    const F4 sum4 = four[0] + four[1];
    return (sum4[0] + sum4[2]) + (sum4[1] + sum4[3]);
  }

  // Gives each register of the normalised row to `take(index, values)`.
  template <class Take>
  [[gnu::always_inline]] static void normalise(const float* x, const float* gain, const float* bias,
                                               std::size_t n, Take take) {
    F sums[kParts] = {};
    for (std::size_t i = 0; i < n; i += 16)
      for (std::size_t part = 0; part < kParts; ++part) sums[part] = sums[part] + load(x + i + part * kWidth);
    const F mean = F{} + tree(sums) / static_cast<float>(n);
    F squares[kParts] = {};
    for (std::size_t i = 0; i < n; i += 16)
      for (std::size_t part = 0; part < kParts; ++part) {
        const F d = load(x + i + part * kWidth) - mean;
        squares[part] = squares[part] + d * d;
      }
    const F inverse =
        F{} + 1.0f / __builtin_sqrtf(tree(squares) / static_cast<float>(n) + kKernelNormEpsilon);
    for (std::size_t i = 0; i < n; i += kWidth)
      take(i, ((load(x + i) - mean) * inverse) * load(gain + i) + load(bias + i));
  }

  static void norm(const float* x, const float* gain, const float* bias, std::size_t n, float* y) {
    normalise(x, gain, bias, n, [y](std::size_t i, const F& v) { store(y + i, v); });
  }

  static void norm_requantize(const float* x, const float* gain, const float* bias, std::size_t n,
                              float inverse_scale, std::int8_t* q) {
    normalise(x, gain, bias, n, [inverse_scale, q](std::size_t i, const F& v) {
      Isa::store8(q + i, quantized(v, inverse_scale));
    });
  }

  [[gnu::always_inline]] static I lane_numbers() {
    I lanes;
    for (std::size_t lane = 0; lane < kWidth; ++lane) lanes[lane] = static_cast<std::int32_t>(lane);
    return lanes;
  }

  static std::int32_t softmax(const std::int32_t* acc, std::size_t n, float scale, std::int8_t* p) {
    const I lanes = lane_numbers();
    const I lowest = I{} + INT32_MIN;
    const auto count = static_cast<std::int32_t>(n);
    const I counts = I{} + count;
    const std::int32_t end = (count + 15) / 16 * 16;
    I tops = lowest;
    for (std::int32_t i = 0; i < end; i += static_cast<std::int32_t>(kWidth)) {
      const I v = lanes + i < counts ? load(acc + i) : lowest;
      tops = tops > v ? tops : v;
    }
    std::int32_t max = tops[0];
    for (std::size_t lane = 1; lane < kWidth; ++lane) max = max > tops[lane] ? max : tops[lane];
    I sums{};
    const F scales = F{} + scale;
    for (std::int32_t i = 0; i < end; i += static_cast<std::int32_t>(kWidth)) {
      const I all = quantized(exp_nonpositive(to_float(load(acc + i) - max) * scales), 127.0f);
      const I kept = lanes + i < counts ? all : I{};
      Isa::store8(p + i, kept);
      sums = sums + kept;
    }
    std::int32_t sum = 0;
    for (std::size_t lane = 0; lane < kWidth; ++lane) sum += sums[lane];
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
