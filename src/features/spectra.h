// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "exact/fft.h"
#include "features/raw.h"

// The two short-time transforms behind the features: 64/16 for power over time in 32
// bands, 512/256 for levels and spectral kurtosis. Internal to features.
namespace torpor {

inline constexpr std::size_t kShortSize = 64;
inline constexpr std::size_t kShortHop = 16;
inline constexpr std::size_t kLongSize = 512;
inline constexpr std::size_t kLongHop = 256;

inline std::size_t short_frames(std::size_t samples) {
  return samples < kShortSize ? 0 : (samples - kShortSize) / kShortHop + 1;
}
// At least one: a piece shorter than the transform is windowed whole and zero-padded.
inline std::size_t long_frames(std::size_t samples) {
  return samples < kLongSize ? 1 : (samples - kLongSize) / kLongHop + 1;
}

// Hann window of n points, periodic (w[i] = (1 - cos(2 pi i / n)) / 2), made without libm.
void hann(std::span<float> out);

// Power of bins 1..32 over time, normalised so that white noise of variance 1 gives 1.
class ShortSpectra {
 public:
  explicit ShortSpectra(std::size_t max_samples);
  void run(std::span<const float> x);
  std::size_t frames() const { return frames_; }
  std::span<const float> band(std::size_t b) const { return {&power_[b * row_], frames_}; }

 private:
  std::size_t row_;
  std::size_t phase_row_;
  std::size_t frames_ = 0;
  det::RealFft fft_{kShortSize};
  std::array<float, kShortSize> window_;
  std::vector<float> phases_;  // sample 16 t + r at r * phase_row_ + t: frames become columns
  std::vector<float> power_;   // band b, frame t at b * row_ + t
};

// Mean power (white noise of variance 1 gives 1) and fourth moment over squared second
// moment of the spectrum (2 for noise and infinitely many frames), in 64 equal bands of
// four bins, 1..256.
struct LongMoments {
  std::array<float, kLevels> level;
  std::array<float, kLevels> kurtosis;
  std::size_t frames;
};
class LongSpectra {
 public:
  LongSpectra();
  void run(std::span<const float> x, LongMoments& out);

 private:
  det::RealFft fft_{kLongSize};
  std::array<float, kLongSize> window_;
  std::vector<det::F4> data_, power_, first_, second_;
};

}  // namespace torpor
