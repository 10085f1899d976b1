// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace torpor {

// In-place complex FFT of powers of two up to a largest one, for diagnostics (scores use
// det::RealFft, whose results are fixed to the bit). Radix 2, decimation in time; twiddles
// of the largest size serve all smaller ones. transform() is const and allocates nothing.
class ComplexFft {
 public:
  explicit ComplexFft(std::size_t largest);  // a power of two
  // X[k] = sum x[i] exp(-2 pi i k / n), n = data.size(), a power of two <= largest.
  void forward(std::span<std::complex<float>> data) const;
  // x[i] = sum X[k] exp(+2 pi i k / n): no division by n.
  void inverse(std::span<std::complex<float>> data) const;
  std::size_t largest() const { return largest_; }

 private:
  template <bool kInverse>
  void transform(std::span<std::complex<float>> data) const;
  std::size_t largest_;
  std::vector<std::complex<float>> twiddle_;
};

}  // namespace torpor
