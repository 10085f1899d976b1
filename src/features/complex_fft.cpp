// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/complex_fft.h"

#include <cmath>
#include <utility>

namespace torpor {
namespace {

// Those take a branch and a call per product without -ffast-math, which nobody here may use.
// Without the checks for infinities that operator* makes.
template <bool kConjugate>
std::complex<float> times(std::complex<float> a, std::complex<float> w) {
  const float wi = kConjugate ? -w.imag() : w.imag();
  return {a.real() * w.real() - a.imag() * wi, a.real() * wi + a.imag() * w.real()};
}

}  // namespace

ComplexFft::ComplexFft(std::size_t largest) : largest_(largest), twiddle_(largest / 2 + 1) {
  for (std::size_t k = 0; k < twiddle_.size(); ++k) {
    // Each by libm and in double: a recurrence over the largest size would add its errors up.
    const double angle = -2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(largest);
    twiddle_[k] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
}

template <bool kInverse>
void ComplexFft::transform(std::span<std::complex<float>> data) const {
  const std::size_t n = data.size();
  // Bit reversal by a counter that carries from the top: no table, in place.
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  std::complex<float>* const x = data.data();
  for (std::size_t half = 1; half < n; half *= 2) {
    // twiddle_ is of the largest size: a smaller one reads every stride-th.
    const std::size_t stride = largest_ / (2 * half);
    for (std::size_t from = 0; from < n; from += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        const std::complex<float> odd = times<kInverse>(x[from + half + k], twiddle_[k * stride]);
        const std::complex<float> even = x[from + k];
        x[from + k] = even + odd;
        x[from + half + k] = even - odd;
      }
    }
  }
}

void ComplexFft::forward(std::span<std::complex<float>> data) const { transform<false>(data); }
void ComplexFft::inverse(std::span<std::complex<float>> data) const { transform<true>(data); }

}  // namespace torpor
