// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "window/window.h"

// Envelope spectra: what rolls over a defect rings a resonance, again and again; the
// spectrum of the ringing's envelope shows how often.
//
// Diagnostics only (indicators.h, verdict/explain/explanation.h): no score depends on it, so libm
// and doubles are allowed here.
namespace torpor {

// Bands, as parts of Nyquist: three octaves and all of them together. Fixed, so that a
// healthy reference and today's window speak of the same thing; which one shows the defect
// is the explanation's choice.
inline constexpr std::size_t kEnvelopeBands = 4;
struct BandEdges {
  double low, high;
};
inline constexpr std::array<BandEdges, kEnvelopeBands> kEnvelopeBand = {
    {{0.125, 0.25}, {0.25, 0.5}, {0.5, 0.95}, {0.125, 0.95}}};
inline constexpr std::size_t kMaxEnvelopeBins = 4096;

// Of one axis and one band: mean over segments.
struct EnvelopeSpectrum {
  std::span<const float> power;  // power[k] at k * bin_hz; at most kMaxEnvelopeBins
  double bin_hz = 0;
  double cell_bins = 1;        // width of one independent cell: Hann and zero padding, in bins
  std::uint32_t segments = 0;  // how many were averaged
  double level_g2 = 0;         // mean square of the band's signal
  double kurtosis = 0;         // E|a|^4 / (E|a|^2)^2 of its analytic signal: 2 for Gaussian noise
};

// Cuts a window into segments that lie wholly inside one block (the longest power of two
// up to 1.3 s, overlapping by half; a block that is shorter is one segment, one below half
// of the window's longest is left out), takes each segment's band by FFT, its magnitude as
// the envelope, clipped at kEnvelopeClip medians (one bump must not outweigh a thousand
// rollings), mean removed and Hann-weighted, and averages the power spectra. In the same
// pass the velocity of the whole axis is measured. All memory is taken in the constructor;
// compute() allocates nothing. One thread. Cost: docs/verdict.md.
inline constexpr double kEnvelopeClip = 6;
inline constexpr double kSegmentSeconds = 1.3;
inline constexpr std::size_t kMinSegment = 256;

class EnvelopeAnalyzer {
 public:
  // For windows of at most `samples_per_axis` samples on each of `axes` axes.
  EnvelopeAnalyzer(double rate_hz, std::uint32_t axes, std::size_t samples_per_axis);
  ~EnvelopeAnalyzer();
  EnvelopeAnalyzer(EnvelopeAnalyzer&&) noexcept;
  EnvelopeAnalyzer& operator=(EnvelopeAnalyzer&&) noexcept;

  // False when no block has kMinSegment samples, the axes differ or the window is larger
  // than promised: then every spectrum has 0 segments.
  [[nodiscard]] bool compute(const Window& window);

  // Of the last compute(); valid until the next.
  EnvelopeSpectrum spectrum(std::size_t axis, std::size_t band) const;
  // RMS of the velocity between 10 Hz and the lower of 1000 Hz and 0.4 of the rate
  // (ISO 20816 band), from Hann-weighted segments; 0 without segments.
  double velocity_rms_mm_s(std::size_t axis) const;
  std::uint32_t axes() const;
  double rate_hz() const;
  // Of the shaft while that window was taken; 0 = not stated.
  double shaft_hz() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

// Median of values, reordering them; 0 for none.
double median_in_place(std::span<float> values);

}  // namespace torpor
