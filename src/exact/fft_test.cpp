// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "exact/fft.h"

#include <fftw3.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace torpor::det {
namespace {

float noise(std::uint32_t& state) {
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
}

class Fft : public testing::TestWithParam<std::size_t> {};

TEST_P(Fft, agrees_with_fftw_within_the_stated_bound) {
  const std::size_t n = GetParam();
  const RealFft fft(n);
  std::vector<F4> data(n);
  std::vector<F4> re(fft.bins());
  std::vector<F4> im(fft.bins());
  std::uint32_t state = 7;
  for (auto& v : data)
    for (int j = 0; j < 4; ++j) v[j] = noise(state);
  const auto input = data;
  fft.forward(data, re, im);
  for (int column = 0; column < 4; ++column) {
    std::vector<double> x(n);
    double norm = 0;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = input[i][column];
      norm += x[i] * x[i];
    }
    std::vector<fftw_complex> exact(n / 2 + 1);
    fftw_plan plan = fftw_plan_dft_r2c_1d(static_cast<int>(n), x.data(), exact.data(), FFTW_ESTIMATE);
    fftw_execute(plan);
    fftw_destroy_plan(plan);
    const double bound = 4e-7 * std::log2(static_cast<double>(n)) * std::sqrt(norm);
    for (std::size_t k = 0; k <= n / 2; ++k) {
      ASSERT_NEAR(re[k][column], exact[k][0], bound) << "bin " << k << " column " << column;
      ASSERT_NEAR(im[k][column], exact[k][1], bound) << "bin " << k << " column " << column;
    }
  }
}

TEST_P(Fft, power_is_the_squared_modulus) {
  const std::size_t n = GetParam();
  const RealFft fft(n);
  std::vector<F4> data(n);
  std::uint32_t state = 9;
  for (auto& v : data) v = broadcast(noise(state)) * F4{1, 2, 3, 4};
  auto again = data;
  std::vector<F4> re(fft.bins());
  std::vector<F4> im(fft.bins());
  std::vector<F4> power(fft.bins());
  fft.forward(data, re, im);
  fft.power(again, power);
  for (std::size_t k = 0; k < fft.bins(); ++k)
    for (int j = 0; j < 4; ++j) ASSERT_EQ(power[k][j], re[k][j] * re[k][j] + im[k][j] * im[k][j]);
}

TEST_P(Fft, a_column_never_sees_its_neighbours) {
  const std::size_t n = GetParam();
  const RealFft fft(n);
  std::vector<F4> quiet(n);
  std::vector<F4> loud(n);
  std::uint32_t state = 11;
  for (std::size_t i = 0; i < n; ++i) {
    const float x = noise(state);
    quiet[i] = F4{x, 0, 0, 0};
    loud[i] = F4{x, 1e30f * noise(state), NAN, INFINITY};
  }
  std::vector<F4> a(fft.bins());
  std::vector<F4> b(fft.bins());
  fft.power(quiet, a);
  fft.power(loud, b);
  for (std::size_t k = 0; k < fft.bins(); ++k) ASSERT_EQ(a[k][0], b[k][0]);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Fft, testing::Values(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace torpor::det
