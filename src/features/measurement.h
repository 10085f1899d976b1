// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "contract/contract.h"
#include "features/envelope.h"
#include "features/indicators.h"
#include "features/raw.h"
#include "features/subframes.h"
#include "window/window.h"

// Everything that is measured of a window, once. Whoever judges, learns or explains reads
// this and never goes back to the samples.
namespace torpor {

// Views into the WindowMeasurer that made it: valid until its next measure().
struct Measurement {
  std::uint32_t axes = 0;
  // Revolutions a second as the sampler stated them; 0 = not stated.
  float shaft_hz = 0;
  // Each axis's sub-frames in the order of time. An axis may have none: a window without a
  // piece long enough.
  std::span<const RawFeatures> subframes(std::size_t axis) const { return raw[axis]; }
  std::array<std::span<const RawFeatures>, kMaxAxes> raw{};
  // Envelope spectra and velocity of the same window; 0 segments where none was long enough.
  const EnvelopeAnalyzer* envelope = nullptr;
  Indicators indicators;

  // At least one sub-frame on every axis, each of some weight: a window that a baseline can
  // learn from and a network can score.
  bool complete() const;
};

// Measures windows of one sensor. One thread. The constructor allocates, and so does the
// first measure() and one that follows a change of `speed`; no other does. Memory: about
// 0.5 MiB for the extractor at 12,800 samples, 6 KiB for each sub-frame of the window.
class WindowMeasurer {
 public:
  // `window_samples`: per axis, the most a window will have.
  WindowMeasurer(const SensorTerms& sensor, std::size_t window_samples);

  // `speed`: whether orders are of the shaft or of the modulation Nyquist; the baseline the
  // window is held against decides. Errors: those of FeatureExtractor::prepare (a rate that
  // the contract's bounds already refuse).
  Result<const Measurement*> measure(const Window& window, FeatureExtractor::Speed speed);

 private:
  Status prepare(FeatureExtractor::Speed speed);

  std::uint32_t rate_mhz_;
  std::size_t samples_per_subframe_;
  SubFrameCutter cutter_;
  EnvelopeAnalyzer envelope_;
  IndicatorWorkspace indicator_work_;
  std::optional<FeatureExtractor> extractor_;
  FeatureExtractor::Speed prepared_for_ = FeatureExtractor::Speed::unknown;  // if extractor_
  std::size_t subframes_per_axis_;
  std::vector<RawFeatures> raw_;  // axis a's begin at a * subframes_per_axis_
  Measurement measurement_;
};

}  // namespace torpor
