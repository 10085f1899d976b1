// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cmath>

#include "model/cpu/kernels.h"
#include "model/float_model.h"
#include "model/kernel_math.h"

// The definition of the results. Written to be read, not to be fast.
namespace torpor {
static_assert(kKernelNormEpsilon == kNormEpsilon);
namespace {

void gemm(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
          std::size_t blocks, std::size_t groups, std::int32_t* acc, std::size_t acc_stride) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t o = 0; o < 16 * blocks; ++o) {
      std::int32_t sum = 0;
      // Any order would do: integers are exact, and int32 cannot overflow (kernels.h).
      for (std::size_t i = 0; i < 4 * groups; ++i)
        sum += a[r * a_stride + i] * w[64 * ((o / 16) * groups + i / 4) + 4 * (o % 16) + i % 4];
      acc[r * acc_stride + o] = sum;
    }
}

void quantize(const float* x, std::size_t n, float inverse_scale, std::int8_t* q) {
  for (std::size_t i = 0; i < n; ++i) q[i] = static_cast<std::int8_t>(quantized(x[i], inverse_scale));
}

float affine(std::int32_t acc, float multiplier, float add) {
  // Never contracted: the product is rounded before the sum, on every path.
  return static_cast<float>(acc) * multiplier + add;
}

void dequantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = affine(acc[i], multiplier[i], add[i]);
}

void residual(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n, float* x) {
  for (std::size_t i = 0; i < n; ++i) x[i] = x[i] + affine(acc[i], multiplier[i], add[i]);
}

void requantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                float inverse_scale, std::int8_t* q) {
  for (std::size_t i = 0; i < n; ++i)
    q[i] = static_cast<std::int8_t>(quantized(affine(acc[i], multiplier[i], add[i]), inverse_scale));
}

void gelu_requantize(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                     float inverse_scale, std::int8_t* q) {
  for (std::size_t i = 0; i < n; ++i)
    q[i] = static_cast<std::int8_t>(quantized(gelu(affine(acc[i], multiplier[i], add[i])), inverse_scale));
}

void scale_requantize(const std::int32_t* acc, float factor, std::size_t n, float inverse_scale,
                      std::int8_t* q) {
  for (std::size_t i = 0; i < n; ++i)
    q[i] = static_cast<std::int8_t>(quantized(static_cast<float>(acc[i]) * factor, inverse_scale));
}

float tree(float (&partial)[16]) {
  for (std::size_t distance = 8; distance > 0; distance /= 2)
    for (std::size_t i = 0; i < distance; ++i) partial[i] = partial[i] + partial[i + distance];
  return partial[0];
}

void norm(const float* x, const float* gain, const float* bias, std::size_t n, float* y) {
  float partial[16] = {};
  for (std::size_t i = 0; i < n; ++i) partial[i % 16] = partial[i % 16] + x[i];
  const float mean = tree(partial) / static_cast<float>(n);
  float squares[16] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const float d = x[i] - mean;
    squares[i % 16] = squares[i % 16] + d * d;
  }
  // 1 / sqrt and then a product, not a division each: this is the order all paths keep.
  const float inverse = 1.0f / std::sqrt(tree(squares) / static_cast<float>(n) + kKernelNormEpsilon);
  for (std::size_t i = 0; i < n; ++i) y[i] = ((x[i] - mean) * inverse) * gain[i] + bias[i];
}

void norm_requantize(const float* x, const float* gain, const float* bias, std::size_t n, float inverse_scale,
                     std::int8_t* q) {
  float y[256];  // the largest width (check_dims)
  norm(x, gain, bias, n, y);
  quantize(y, n, inverse_scale, q);
}

std::int32_t softmax(const std::int32_t* acc, std::size_t n, float scale, std::int8_t* p) {
  std::int32_t max = acc[0];
  // Over the true n: what lies behind it is padding.
  for (std::size_t i = 1; i < n; ++i) max = acc[i] > max ? acc[i] : max;
  std::int32_t sum = 0;
  // Padding becomes 0 here, so that the product with the values may run over whole groups.
  for (std::size_t i = 0; i < (n + 15) / 16 * 16; ++i) {
    const std::int32_t value =
        i < n ? quantized(exp_nonpositive(static_cast<float>(acc[i] - max) * scale), 127.0f) : 0;
    p[i] = static_cast<std::int8_t>(value);
    sum += value;
  }
  return sum;
}

constexpr Kernels kReference = {
    "reference",      gemm, quantize,        dequantize, residual, requantize, gelu_requantize,
    scale_requantize, norm, norm_requantize, softmax};

}  // namespace

const Kernels& reference_kernels() { return kReference; }

}  // namespace torpor
