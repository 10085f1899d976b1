// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/noise.h"

#include <bit>
#include <cmath>

namespace torpor::train {
double shape_rms(const Shape& shape) {
  double sum = 0;
  for (float a : shape) sum += static_cast<double>(a) * static_cast<double>(a);
  return std::sqrt(sum / static_cast<double>(shape.size()));
}

void NoiseMaker::make(const Shape& shape, Random& random, std::span<float> a, std::span<float> b) {
  // At least as long as the piece: it repeats only after n samples.
  const std::size_t n = std::bit_ceil(std::max<std::size_t>(a.size(), 64));
  const ComplexFft& fft = plans_.try_emplace(n, n).first->second;
  work_.resize(n);
  normals_.resize(2 * n);
  random.normals(normals_);
  const float scale = 1 / std::sqrt(static_cast<float>(n));
  // Grid cells per bin: half the rate, bin n / 2, is cell kGrid.
  const float step = static_cast<float>(kGrid) * 2 / static_cast<float>(n);
  for (std::size_t k = 0; k <= n / 2; ++k) {
    const float at = static_cast<float>(k) * step;
    const std::size_t cell = std::min(static_cast<std::size_t>(at), kGrid - 1);
    const float part = at - static_cast<float>(cell);
    const float amplitude = scale * (shape[cell] + part * (shape[cell + 1] - shape[cell]));
    work_[k] = {amplitude * normals_[2 * k], amplitude * normals_[2 * k + 1]};
    // Bins k and n - k are drawn apart: a spectrum without that symmetry has a complex transform, whose two
    // parts are independent real noises.
    if (k != 0 && k != n / 2) {
      const std::size_t m = n - k;
      work_[m] = {amplitude * normals_[2 * m], amplitude * normals_[2 * m + 1]};
    }
  }
  work_[0] = 0;  // no constant part
  fft.forward(work_);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = work_[i].real();
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = work_[i].imag();
}

}  // namespace torpor::train
