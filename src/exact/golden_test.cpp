// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "exact/fft.h"
#include "exact/math.h"
#include "exact/sum.h"

// The same bits on every host: each test reduces outputs on fixed inputs to one CRC that
// is committed. A difference on arm64, under another compiler or another -O is a bug
// here, never a reason to change the constant.
namespace torpor::det {
namespace {

template <class T>
std::uint32_t crc(const std::vector<T>& values) {
  return crc32c(std::as_bytes(std::span(values)));
}

std::vector<float> inputs(std::size_t n) {
  std::vector<float> x(n);
  std::uint32_t state = 2024;
  for (float& v : x) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-30f;
  }
  return x;
}

TEST(Golden, transcendentals) {
  std::vector<float> out;
  std::vector<double> out_double;
  for (float x : inputs(20000)) {
    out.insert(out.end(), {log(x * x), exp(20 * x), erf(2 * x), log1p(x * x)});
    out_double.insert(out_double.end(), {log(double{x} * x), exp(100.0 * x), log1p(double{x} * x)});
  }
  for (std::int64_t k = 0; k < 1000; ++k) {
    const auto w = sin_cos_turn(k, 1000);
    out_double.insert(out_double.end(), {w.sin, w.cos});
  }
  EXPECT_EQ(crc(out), 0x08089f6cu);
  EXPECT_EQ(crc(out_double), 0x72b31188u);
}

TEST(Golden, sums) {
  const auto x = inputs(5003);
  const std::span<const float> s(x);
  const auto powers = central_sums(s, 0.125f);
  EXPECT_EQ(crc(std::vector<float>{sum(s), dot(s, s.last(s.size())), sum_squares(s), powers.second,
                                   powers.fourth, max_abs(s, 0.5f)}),
            0x9797339eu);
}

TEST(Golden, transforms) {
  std::vector<float> out;
  for (std::size_t n = 64; n <= 4096; n *= 2) {
    const RealFft fft(n);
    const auto x = inputs(4 * n);
    std::vector<F4> data(n);
    for (std::size_t i = 0; i < n; ++i) data[i] = load4(&x[4 * i]);
    std::vector<F4> re(fft.bins());
    std::vector<F4> im(fft.bins());
    fft.forward(data, re, im);
    for (std::size_t k = 0; k < fft.bins(); ++k)
      for (int j = 0; j < 4; ++j) out.insert(out.end(), {re[k][j] + 0.0f, im[k][j] + 0.0f});  // -0 is 0
  }
  EXPECT_EQ(crc(out), 0x6a7fb8e7u);
}

}  // namespace
}  // namespace torpor::det
