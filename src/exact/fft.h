// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exact/lanes.h"

namespace torpor::det {

// Real FFT of a fixed power of two, four independent columns at a time (structure of
// arrays: element i of column j is data[i][j]). The columns are what is vectorised, so
// the butterflies of one column are the same scalar operations on every host:
// radix-4 decimation in frequency on n/2 complex points, one radix-2 stage where
// log2(n/2) is odd, then the split into the real spectrum. Twiddles are made by
// sin_cos_turn in double and rounded once.
//
// X[k] = sum_i x[i] e^(-2 pi i k / n), no scaling. Error against an exact transform:
// |X - exact| <= 4e-7 log2(n) * norm(x), tested against fftw.
class RealFft {
 public:
  // n: a power of two, 8..8192; anything else ends the program (a bug of the caller, the sizes are
  // fixed numbers of the extractor). Allocates; the rest of the class does not.
  explicit RealFft(std::size_t n);

  std::size_t size() const { return n_; }
  std::size_t bins() const { return n_ / 2 + 1; }

  // data: n elements, destroyed. re, im: bins() elements each, must not overlap data;
  // im[0] and im[n/2] are 0. Const: one plan may serve several threads.
  void forward(std::span<F4> data, std::span<F4> re, std::span<F4> im) const;

  // |X[k]|^2 alone: re^2 + im^2 as rounded products.
  void power(std::span<F4> data, std::span<F4> out) const;

 private:
  template <class Store>
  void run(std::span<F4> data, Store store) const;

  std::size_t n_;
  std::vector<float> twiddle_;           // of the complex stages, in the order they are read
  std::vector<float> split_;             // cos, sin of 2 pi k / n, k = 0..n/4
  std::vector<std::uint16_t> position_;  // where bin k of the complex transform ended up
};

}  // namespace torpor::det
