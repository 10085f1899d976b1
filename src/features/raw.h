// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "features/tokens.h"

// What is measured of one axis of one sub-frame (half a second), before any comparison
// with the robot's own baseline. docs/features.md derives every number.
namespace torpor {

inline constexpr std::size_t kBandFeatures = 46;
inline constexpr std::size_t kGlobalFeatures = 3;
inline constexpr std::size_t kLevelsPerBand = 2;
inline constexpr std::size_t kLevels = kBands * kLevelsPerBand;  // 64
inline constexpr std::size_t kOrders = 24;
inline constexpr std::size_t kCombs = 12;

// Where each group starts among the 46 numbers of a band.
inline constexpr std::size_t kLevelAt = 0;     // 2: ln of mean power, 1 for unit-variance white noise's 0
inline constexpr std::size_t kKurtosisAt = 2;  // 2: ln of the spectral kurtosis over that of noise
inline constexpr std::size_t kPowerAt =
    4;  // 6: of e / mean: ln quantiles .1 .5 .9 .99, ln max, ln mean square
inline constexpr std::size_t kMeanSquareAt = 9;  // the last of them, ln of the fine spectral kurtosis / 2
inline constexpr std::size_t kOrderAt = 10;      // 24: modulation orders .4 .. 25.6, four an octave
inline constexpr std::size_t kCombAt = 34;       // 12: comb orders .4 .. 12.8

// Everything but the two levels and global[0] is free of gain. White noise gives 0 on
// average for all of those at any length and any shaft speed (raw_test states the
// bounds): a feature that cannot be measured (an order above the modulation Nyquist or
// below one resolution cell) is exactly 0 too, the value that says nothing.
struct RawFeatures {
  std::array<std::array<float, kBandFeatures>, kBands> band;
  std::array<float, kGlobalFeatures>
      global;  // ln RMS (unit of scale), ln kurtosis / 3, ln crest - that of noise
  // Independent weight: the part of a full sub-frame that these samples fill, 0..1.
  // Samples shared with another sub-frame (overlap) are the caller's to discount.
  float weight = 0;
};

// Consecutive samples of one axis inside an interleaved buffer; a view.
struct Piece {
  const std::int16_t* first = nullptr;
  std::size_t count = 0;   // samples of this axis
  std::size_t stride = 1;  // axes in the buffer
};
struct FloatPiece {
  const float* first = nullptr;
  std::size_t count = 0;
  std::size_t stride = 1;
};

// A shorter piece has fewer than 17 STFT frames and is left out.
inline constexpr std::size_t kMinPieceSamples = 320;

// Measures. Each piece is measured by itself (no STFT frame crosses a piece's border)
// and the numbers are averaged, weighted by samples. Bit-identical on every host.
//
// One object per thread. prepare() allocates everything (about 0.5 MiB at 12,800
// samples); extract() allocates nothing. Cost: docs/features.md.
class FeatureExtractor {
 public:
  enum class Speed : std::uint8_t {
    unknown,  // modulation bins are spaced over the six octaves below the modulation Nyquist
    known,    // modulation bins are orders of the shaft
  };

  // samples_per_subframe: the most samples extract() will get at once, per axis; see
  // subframe_samples(). Refuses features_too_short (below kMinPieceSamples) and
  // features_too_long (above 65,536).
  static Result<FeatureExtractor> prepare(std::uint32_t rate_mhz, std::size_t samples_per_subframe,
                                          Speed speed);
  FeatureExtractor(FeatureExtractor&&) noexcept;
  FeatureExtractor& operator=(FeatureExtractor&&) noexcept;
  ~FeatureExtractor();

  // scale: unit per LSB (g). shaft_hz: revolutions a second; <= 0 = not known now, then
  // an extractor prepared with Speed::known leaves the order features at 0. False, with
  // `out` zeroed, if no piece is long enough; true otherwise. Samples beyond
  // samples_per_subframe are ignored. Whatever the samples are, every number of `out`
  // is finite (a float sample that is not finite counts as 0).
  [[nodiscard]] bool extract(std::span<const Piece> pieces, float scale, float shaft_hz, RawFeatures& out);
  [[nodiscard]] bool extract(std::span<const FloatPiece> pieces, float scale, float shaft_hz,
                             RawFeatures& out);

 private:
  struct Work;
  explicit FeatureExtractor(std::unique_ptr<Work> work);
  std::unique_ptr<Work> work_;
};

}  // namespace torpor
