// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/condition/level_shift.h"

#include <array>
#include <cmath>

#include "exact/math.h"

namespace torpor {
namespace {

// Features of a band that say how its power is spread over time, free of gain: kurtosis and power.
constexpr std::size_t kShapeAt = kKurtosisAt;
constexpr std::size_t kShapeFeatures = kOrderAt - kShapeAt;

// A window's mean of one feature of one band against what is expected of it.
struct Departure {
  double off = 0;         // in the feature's unit
  double inv_spread = 0;  // 0: it can say nothing
};

double mean_of(std::span<const RawFeatures> subframes, std::size_t band, std::size_t feature) {
  double sum = 0;
  for (const RawFeatures& raw : subframes) sum += static_cast<double>(raw.band[band][feature]);
  return sum / static_cast<double>(subframes.size());
}

class Expected {
 public:
  Expected(std::span<const RawFeatures> subframes, const FeatureBaseline& learned, float shaft_hz)
      : subframes_(subframes),
        learned_(learned),
        offset_(shaft_hz > 0 && learned.has_speed ? learned.speed_offset(det::log(shaft_hz)) : 0.0f) {}

  Departure at(std::size_t band, std::size_t feature) const {
    const std::size_t i = band * kBandFeatures + feature;
    const double expected = static_cast<double>(learned_.mean[i] + learned_.slope[i] * offset_);
    return {mean_of(subframes_, band, feature) - expected, static_cast<double>(learned_.inv_spread[i])};
  }

 private:
  std::span<const RawFeatures> subframes_;
  const FeatureBaseline& learned_;
  float offset_;
};

// Of z = (off - shift) / spread over many features: sums from which the best shift and what it
// leaves follow.
struct Sums {
  double weight = 0, first = 0, second = 0, count = 0;
  void add(const Departure& d) {
    const double w = d.inv_spread * d.inv_spread;
    if (w == 0) return;
    weight += w;
    first += w * d.off;
    second += w * d.off * d.off;
    count += 1;
  }
  double shift() const { return weight > 0 ? first / weight : 0; }
  double mean_square(double shift) const {
    if (count == 0) return 0;
    const double sum = second - 2 * shift * first + shift * shift * weight;
    return sum > 0 ? sum / count : 0;
  }
};

void add_levels(Sums& sums, const Expected& expected) {
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kLevelsPerBand; ++i) sums.add(expected.at(band, kLevelAt + i));
}

}  // namespace

LevelShift level_shift(const Measurement& measured,
                       std::span<const std::unique_ptr<FeatureBaseline>> learned) {
  Sums levels, shape;
  for (std::size_t axis = 0; axis < measured.axes; ++axis) {
    if (measured.subframes(axis).empty()) return {};
    const Expected expected(measured.subframes(axis), *learned[axis], measured.shaft_hz);
    add_levels(levels, expected);
    for (std::size_t band = 0; band < kBands; ++band)
      for (std::size_t i = 0; i < kShapeFeatures; ++i) shape.add(expected.at(band, kShapeAt + i));
  }
  LevelShift out;
  const double shift = levels.shift();  // of power
  out.log_gain = shift / 2;
  out.before = std::sqrt(levels.mean_square(0));
  out.rest = std::sqrt(levels.mean_square(shift));
  out.shape = std::sqrt(shape.mean_square(0));
  return out;
}

double random_power(std::span<const RawFeatures> subframes, double steady) {
  double sum = 0;
  for (std::size_t band = 0; band < kBands; ++band)
    for (std::size_t i = 0; i < kLevelsPerBand; ++i)
      if (mean_of(subframes, band, kKurtosisAt + i) > steady)
        sum += std::exp(mean_of(subframes, band, kLevelAt + i));
  return sum / static_cast<double>(kLevels);
}

double mean_square_z(std::span<const RawFeatures> subframes, const FeatureBaseline& learned, float shaft_hz) {
  Sums levels;
  if (!subframes.empty()) add_levels(levels, Expected(subframes, learned, shaft_hz));
  return levels.mean_square(0);
}

}  // namespace torpor
