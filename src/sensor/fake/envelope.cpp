// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/fake/envelope.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace torpor {
namespace {

using Complex = std::complex<double>;

void transform(std::vector<Complex>& data, int sign) {
  auto* raw = reinterpret_cast<fftw_complex*>(data.data());
  fftw_plan plan = fftw_plan_dft_1d(static_cast<int>(data.size()), raw, raw, sign, FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
}

}  // namespace

LibraryEnvelope::LibraryEnvelope(std::span<const double> signal, double rate_hz, double low, double high) {
  const std::size_t n = signal.size();
  std::vector<Complex> data(signal.begin(), signal.end());
  transform(data, FFTW_FORWARD);
  for (std::size_t k = 0; k < n; ++k) {
    const double fraction = static_cast<double>(k) / static_cast<double>(n);
    data[k] *= fraction >= low && fraction <= high ? 2.0 : 0.0;  // negative frequencies go
  }
  transform(data, FFTW_BACKWARD);
  double mean = 0;
  for (Complex& v : data) mean += (v = std::norm(v)).real() / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i)
    data[i] = (data[i] - mean) *
              (0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n)));
  transform(data, FFTW_FORWARD);
  resolution_hz_ = rate_hz / static_cast<double>(n);
  for (std::size_t k = 0; k < n / 2; ++k) amplitude_.push_back(std::abs(data[k]));
}

LibraryEnvelope::Line LibraryEnvelope::near(double hertz, double tolerance) const {
  return largest(hertz * (1 - tolerance), hertz * (1 + tolerance));
}

LibraryEnvelope::Line LibraryEnvelope::largest(double from_hertz, double to_hertz) const {
  const auto first = static_cast<std::size_t>(std::floor(from_hertz / resolution_hz_));
  const auto last =
      std::min(amplitude_.size() - 1, static_cast<std::size_t>(std::ceil(to_hertz / resolution_hz_)));
  std::size_t best = first;
  for (std::size_t k = first; k <= last; ++k)
    if (amplitude_[k] > amplitude_[best]) best = k;
  const std::size_t begin = best > 40 ? best - 40 : 1;
  const std::size_t end = std::min(amplitude_.size(), best + 41);
  std::vector<double> around(amplitude_.begin() + static_cast<std::ptrdiff_t>(begin),
                             amplitude_.begin() + static_cast<std::ptrdiff_t>(end));
  std::nth_element(around.begin(), around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2),
                   around.end());
  return {static_cast<double>(best) * resolution_hz_, amplitude_[best] / around[around.size() / 2]};
}

}  // namespace torpor
