// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "features/raw.h"

// What "healthy" is for one axis of one robot. Learning and knowing are two types: a
// BaselineBuilder takes sub-frames, finish() makes the FeatureBaseline that tokens are
// relative to. Plain data, no thread of its own; safe to read from several threads.
namespace torpor {

inline constexpr std::size_t kAllFeatures = kBands * kBandFeatures + kGlobalFeatures;  // 1475

// Shaft speeds met while learning, in cells of 5 % from 1/64 Hz to 1 kHz; bounded.
class SpeedHistogram {
 public:
  static constexpr std::size_t kCells = 222;
  static constexpr float kCellWidth = 0.05f;  // of ln speed
  void add(float log_hz, float weight);
  // |ln| distance from the nearest cell that holds at least half a sub-frame, measured
  // to that cell's edge (0 inside); the full range where none does.
  float distance(float log_hz) const;
  std::array<float, kCells>& cells() { return cell_; }
  const std::array<float, kCells>& cells() const { return cell_; }

 private:
  std::array<float, kCells> cell_{};
};

// Finished. Produced by BaselineBuilder::finish() or decode() only.
struct FeatureBaseline {
  // Feature i of band b is at b * kBandFeatures + i, the globals follow.
  std::array<float, kAllFeatures> mean;
  std::array<float, kAllFeatures> slope;       // per unit of ln(shaft speed); 0 without speed
  std::array<float, kAllFeatures> inv_spread;  // 1 / sd of the residual, pooled over bands
  // Symmetric C^(-1/2) of the levels' standardised residuals, shrunk; row-major.
  std::array<float, kLevels * kLevels> whiten;
  float mean_log_speed;
  float log_speed_variance;
  float n_eff;      // independent sub-frames behind all this
  float shrinkage;  // 0..1, what was used
  bool has_speed;
  SpeedHistogram speeds;

  // ln speed to reckon with: clamped to one unit (a factor e) around the mean, so that a slope
  // is never carried far beyond what was seen.
  float speed_offset(float log_hz) const;
  // (1 + offset^2 / (variance + ridge)) / n_eff: how uncertain the expected value is.
  float leverage(float log_hz) const;

  static constexpr std::size_t kEncodedSize =
      16 + 4 * (3 * kAllFeatures + kLevels * kLevels + 4 + SpeedHistogram::kCells) + 4;
  // Little-endian: magic "TBL1", feature version, reserved, size; binary32 in the order above;
  // CRC-32C of all before it. docs/features.md. `to` must hold kEncodedSize bytes.
  void encode(MutableBytes to) const;
  // Refuses baseline_malformed (size, magic, CRC, a number not finite, out of range)
  // and baseline_feature_version.
  static Result<std::unique_ptr<FeatureBaseline>> decode(Bytes from);
};

// Learns from healthy sub-frames one by one; keeps sums only (about 52 KiB), so the order of
// adding matters to the last bit and the number of sub-frames is free.
class BaselineBuilder {
 public:
  explicit BaselineBuilder(bool has_speed);

  // weight: independent windows this one counts as; pass raw.weight, or less where it
  // overlaps others (a recording of 2.5 s cut with overlap holds 5, not 40). With speed
  // and shaft_hz <= 0 the sub-frame is ignored: false.
  [[nodiscard]] bool add(const RawFeatures& raw, float shaft_hz, float weight);
  void reset();

  bool has_speed() const { return has_speed_; }
  double n_eff() const { return sums_[0]; }
  double subframes() const { return sums_[3]; }  // added so far, a whole number

  // Needs n_eff >= 2, else refuses baseline_too_small. Costs about 10 ms (a symmetric
  // 64 x 64 eigenproblem); allocates.
  Result<std::unique_ptr<FeatureBaseline>> finish() const;

  static constexpr std::size_t kMoments = 4;  // where the sums over features start
  static constexpr std::size_t kCross = kMoments + 3 * kAllFeatures;
  static constexpr std::size_t kSums = 4 + 3 * kAllFeatures + kLevels * (kLevels + 1) / 2;
  static constexpr std::size_t kEncodedSize = 16 + 8 * kSums + 4 * SpeedHistogram::kCells + 4;
  // As above with magic "TBB1" and binary64 sums: learning goes on after a restart.
  void encode(MutableBytes to) const;
  static Result<BaselineBuilder> decode(Bytes from);

 private:
  struct Fit;
  void put_spreads(const Fit& fit, FeatureBaseline& out) const;
  Status put_whitening(const Fit& fit, FeatureBaseline& out) const;

  bool has_speed_;
  // weight, weight s, weight s^2, adds; then per feature weight x, weight x s, weight x^2;
  // then the lower triangle of weight l l^T over levels.
  std::vector<double> sums_;
  SpeedHistogram speeds_;
};

}  // namespace torpor
