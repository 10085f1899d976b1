// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstddef>
#include <cstdint>

// The inner loops of the encoder. reference_kernels() is plain C++ and *is* the
// definition; every other table gives the same bits, which kernels_test.cpp holds them to.
// (This header is included by files built for other instruction sets: no inline function,
// no library header with one.)
//
// Integers cannot overflow: int8 operands lie in -127..127 and a row has at most 1024 of
// them (check_dims), so |acc| <= 127 * 127 * 1024 = 16,516,096 < 2^24. Paths that add 128
// to an operand stay below 255 * 127 * 1024 + 128 * 127 * 1024 < 2^26. Below 2^24 the
// conversion of an int32 to fp32 is exact.
//
// Sums of floats: element i goes to partial i mod 16, in order; the sixteen partials are
// then added as a tree, distance 8, 4, 2, 1. Memory: arrays of n floats or int32 are 64-byte
// aligned where n is a multiple of 16; nothing is read or written beyond n unless said.
namespace torpor {

struct Kernels {
  const char* name;

  // acc[r * acc_stride + o] = sum_i a[r * a_stride + i] * w(o, i) for r < rows,
  // o < 16 * blocks, i < 4 * groups. w as PackedMatrix::data (model/model_file.h); a holds
  // zeros where the true row is shorter than 4 * groups.
  void (*gemm)(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* w,
               std::size_t blocks, std::size_t groups, std::int32_t* acc, std::size_t acc_stride);

  // q = round(x * inverse_scale), half to even, saturated to -127..127; any n.
  void (*quantize)(const float* x, std::size_t n, float inverse_scale, std::int8_t* q);

  // n is a multiple of 16 from here on.
  // y = acc * multiplier + add
  void (*dequantize)(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                     float* y);
  // x = x + (acc * multiplier + add)
  void (*residual)(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                   float* x);
  // q = quantized acc * multiplier + add
  void (*requantize)(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                     float inverse_scale, std::int8_t* q);
  // q = quantized gelu(acc * multiplier + add)
  void (*gelu_requantize)(const std::int32_t* acc, const float* multiplier, const float* add, std::size_t n,
                          float inverse_scale, std::int8_t* q);
  // q = quantized acc * factor
  void (*scale_requantize)(const std::int32_t* acc, float factor, std::size_t n, float inverse_scale,
                           std::int8_t* q);
  // y = (x - mean) * (1 / sqrt(variance + kNormEpsilon)) * gain + bias
  void (*norm)(const float* x, const float* gain, const float* bias, std::size_t n, float* y);
  // q = quantized norm(x)
  void (*norm_requantize)(const float* x, const float* gain, const float* bias, std::size_t n,
                          float inverse_scale, std::int8_t* q);

  // p[i] = round(127 e^(scale (acc[i] - max))) for i < n, zero up to the next multiple of
  // 16; acc is readable that far. Returns the sum of p: at least 127. Any n >= 1.
  std::int32_t (*softmax)(const std::int32_t* acc, std::size_t n, float scale, std::int8_t* p);
};

const Kernels& reference_kernels();

// The tables this processor can run, fastest first; the last is the reference. Names:
// "avx512-vnni", "avx-vnni", "avx2", "neon-dotprod", "neon", "reference".
// Asks the processor once; the arrays live for ever.
struct KernelList {
  const Kernels* const* tables;
  std::size_t count;
};
KernelList available_kernels();

}  // namespace torpor
