// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/noise.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace torpor::train {
namespace {

using Complex = std::complex<float>;

// Stockham: autosorting, so every pass reads and writes straight through; the inner loop
// runs over neighbours that share a twiddle.
void transform(std::vector<Complex>& x, std::vector<Complex>& y, const std::vector<Complex>& twiddle,
               std::size_t n) {
  std::size_t stride = 1;
  for (std::size_t half = n / 2; half >= 1; half /= 2, stride *= 2) {
    for (std::size_t p = 0; p < half; ++p) {
      const float wr = twiddle[p * stride].real(), wi = twiddle[p * stride].imag();
      const float* a = reinterpret_cast<const float*>(&x[stride * p]);
      const float* b = reinterpret_cast<const float*>(&x[stride * (p + half)]);
      float* even = reinterpret_cast<float*>(&y[stride * 2 * p]);
      float* odd = reinterpret_cast<float*>(&y[stride * (2 * p + 1)]);
      for (std::size_t q = 0; q < 2 * stride; q += 2) {
        const float dr = a[q] - b[q], di = a[q + 1] - b[q + 1];
        even[q] = a[q] + b[q];
        even[q + 1] = a[q + 1] + b[q + 1];
        odd[q] = dr * wr - di * wi;
        odd[q + 1] = dr * wi + di * wr;
      }
    }
    x.swap(y);
  }
}

}  // namespace

double shape_rms(const Shape& shape) {
  double sum = 0;
  for (float a : shape) sum += static_cast<double>(a) * static_cast<double>(a);
  return std::sqrt(sum / static_cast<double>(shape.size()));
}

void NoiseMaker::make(const Shape& shape, Random& random, std::span<float> a, std::span<float> b) {
  const std::size_t n = std::bit_ceil(std::max<std::size_t>(a.size(), 64));
  Plan& plan = plans_[n];
  if (plan.twiddle.empty()) {
    plan.twiddle.resize(n / 2);
    for (std::size_t k = 0; k < n / 2; ++k) {
      const double turn = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
      plan.twiddle[k] = {static_cast<float>(std::cos(turn)), static_cast<float>(-std::sin(turn))};
    }
  }
  work_.resize(n);
  swap_.resize(n);
  normals_.resize(2 * n);
  random.normals(normals_);
  const float scale = 1 / std::sqrt(static_cast<float>(n));
  const float step = static_cast<float>(kGrid) * 2 / static_cast<float>(n);
  for (std::size_t k = 0; k <= n / 2; ++k) {
    const float at = static_cast<float>(k) * step;
    const std::size_t cell = std::min(static_cast<std::size_t>(at), kGrid - 1);
    const float part = at - static_cast<float>(cell);
    const float amplitude = scale * (shape[cell] + part * (shape[cell + 1] - shape[cell]));
    work_[k] = {amplitude * normals_[2 * k], amplitude * normals_[2 * k + 1]};
    if (k != 0 && k != n / 2) {
      const std::size_t m = n - k;
      work_[m] = {amplitude * normals_[2 * m], amplitude * normals_[2 * m + 1]};
    }
  }
  work_[0] = 0;  // no constant part
  transform(work_, swap_, plan.twiddle, n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = work_[i].real();
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = work_[i].imag();
}

}  // namespace torpor::train
