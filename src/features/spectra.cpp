// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/spectra.h"

#include <algorithm>

#include "exact/math.h"
#include "exact/sum.h"

namespace torpor {
namespace {

using det::F4;
using det::kLanes;

// Like the tree of exact/sum, so that four lanes end in the same bits on every host.
float lane_sum(F4 v) { return (v[0] + v[2]) + (v[1] + v[3]); }

// A window with sum of squares 1, so that |X|^2 of unit white noise is 1 on average.
void unit_energy(std::span<float> window) {
  const float norm = 1.0f / __builtin_sqrtf(det::sum_squares(window));
  for (float& w : window) w *= norm;
}

}  // namespace

void hann(std::span<float> out) {
  const auto n = static_cast<std::int64_t>(out.size());
  for (std::int64_t i = 0; i < n; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<float>(0.5 - 0.5 * det::sin_cos_turn(i, n).cos);
}

ShortSpectra::ShortSpectra(std::size_t max_samples)
    // Whole lanes: the last group of four frames is stored whole, and band() shows frames_ of them.
    : row_((short_frames(max_samples) + kLanes - 1) / kLanes * kLanes),
      phase_row_(max_samples / kShortHop + 2 * kLanes),
      phases_(phase_row_ * kShortHop),
      power_(row_ * kBands) {
  hann(window_);
  unit_energy(window_);
}

void ShortSpectra::run(std::span<const float> x) {
  frames_ = short_frames(x.size());
  // Turned so that one sample of four neighbouring frames is four floats in a row: a load, not a gather.
  const std::size_t steps = (x.size() + kShortHop - 1) / kShortHop;
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t r = 0; r < kShortHop; ++r)
      phases_[r * phase_row_ + t] = 16 * t + r < x.size() ? x[16 * t + r] : 0.0f;

  F4 data[kShortSize];
  F4 power[kShortSize / 2 + 1];
  // The last group may read columns that an earlier, longer piece left. Only frames past frames_ are made
  // of them, since lanes do not mix.
  for (std::size_t t = 0; t < frames_; t += kLanes) {
    for (std::size_t i = 0; i < kShortSize; ++i)
      data[i] = det::load4(&phases_[(i % kShortHop) * phase_row_ + t + i / kShortHop]) * window_[i];
    fft_.power(data, power);
    // Bin 0 is left out: the mean was removed.
    for (std::size_t b = 0; b < kBands; ++b) det::store4(&power_[b * row_ + t], power[b + 1]);
  }
}

LongSpectra::LongSpectra()
    : data_(kLongSize), power_(fft_.bins()), first_(fft_.bins()), second_(fft_.bins()) {
  hann(window_);
  unit_energy(window_);
}

void LongSpectra::run(std::span<const float> x, LongMoments& out) {
  const std::size_t frames = long_frames(x.size());
  std::fill(first_.begin(), first_.end(), F4{});
  std::fill(second_.begin(), second_.end(), F4{});
  for (std::size_t f = 0; f < frames; f += kLanes) {
    // Its own window: cut off by the long one, its end would be a step. Only pieces of 320 to 511 samples.
    if (x.size() < kLongSize) {
      std::fill(data_.begin(), data_.end(), F4{});
      std::array<float, kLongSize> shorter;
      const std::span<float> w(shorter.data(), x.size());
      hann(w);
      unit_energy(w);
      for (std::size_t i = 0; i < x.size(); ++i) data_[i][0] = x[i] * w[i];
    } else if (f + kLanes <= frames) {
      const float* at = &x[f * kLongHop];
      for (std::size_t i = 0; i < kLongSize; ++i)
        data_[i] = F4{at[i], at[i + kLongHop], at[i + 2 * kLongHop], at[i + 3 * kLongHop]} * window_[i];
    } else {
      // Lanes without a frame are 0 and add nothing; `frames` counts, not the lanes.
      for (std::size_t i = 0; i < kLongSize; ++i) {
        F4 v{};
        for (std::size_t j = 0; f + j < frames; ++j) v[static_cast<int>(j)] = x[(f + j) * kLongHop + i];
        data_[i] = v * window_[i];
      }
    }
    fft_.power(data_, power_);
    for (std::size_t k = 0; k < power_.size(); ++k) {
      first_[k] += power_[k];
      second_[k] += power_[k] * power_[k];
    }
  }
  const auto n = static_cast<float>(frames);
  out.frames = frames;
  for (std::size_t band = 0; band < kLevels; ++band) {
    float level = 0;
    float kurtosis = 0;
    float bins = 0;
    for (std::size_t k = 4 * band + 1; k <= 4 * band + 4; ++k) {
      const float mean = lane_sum(first_[k]) / n;
      level += mean;
      if (k == kLongSize / 2) continue;  // real, not complex: its kurtosis is another number
      kurtosis += mean > 1e-12f ? lane_sum(second_[k]) / n / (mean * mean) : 2.0f;
      bins += 1;
    }
    out.level[band] = level / 4;
    out.kurtosis[band] = kurtosis / bins;
  }
}

}  // namespace torpor
