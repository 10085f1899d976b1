// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <complex>
#include <map>
#include <span>
#include <vector>

#include "features/complex_fft.h"
#include "train/random.h"

namespace torpor::train {

// Amplitude density of a noise over 0 .. half the rate, kGrid + 1 even steps, linear in
// between. rms() of noise made from it is sqrt(mean of the squares over the grid).
inline constexpr std::size_t kGrid = 512;
using Shape = std::vector<float>;  // kGrid + 1 amplitudes
double shape_rms(const Shape& shape);

// Gaussian noise of any shape. Random complex amplitudes of the wanted size are put on
// the bins of a power of two and transformed once; real and imaginary part are then two
// independent pieces of noise, so a call makes two. The pieces are periodic over that
// power of two; only the first half or more of a period is ever handed out, and a caller
// cuts windows from within one piece. Allocates per size, once. One thread.
class NoiseMaker {
 public:
  // a.size() == b.size() or b empty. At most 2^20 samples.
  void make(const Shape& shape, Random& random, std::span<float> a, std::span<float> b);

 private:
  std::map<std::size_t, ComplexFft> plans_;
  std::vector<std::complex<float>> work_;
  std::vector<float> normals_;
};

}  // namespace torpor::train
