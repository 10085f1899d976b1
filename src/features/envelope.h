// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "contract/contract.h"
#include "window/window.h"

// Envelope spectra: what rolls over a defect rings a resonance, again and again; the
// spectrum of the ringing's envelope shows how often.
//
// Diagnostics only (indicators.h, verdict/explanation.h): no score depends on it, so libm
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

// Of one axis and one band: mean over segments.
struct EnvelopeSpectrum {
  std::span<const double> power;  // power[k] at k * bin_hz; [0] is 0
  double bin_hz = 0;
  std::uint32_t segments = 0;  // how many were averaged; overlapping by half where long
  double level = 0;            // mean square of the band's signal, g^2
  double kurtosis = 0;         // E|a|^4 / E|a|^2^2 of the band's analytic signal: 2 for Gaussian noise
};

// Cuts a window into segments that lie wholly inside one block (each at most about 1.3 s,
// overlapping by half; a block shorter than half the longest is left out), takes each
// segment's band by FFT, its magnitude as the envelope (clipped at kEnvelopeClip medians:
// one bump must not outweigh a thousand rollings), mean removed and Hann-weighted, and
// averages the power spectra. All memory is taken in the constructor; compute() allocates
// nothing. One thread. Cost about 25 real FFTs of a window's length.
inline constexpr double kEnvelopeClip = 6;

class EnvelopeAnalyzer {
 public:
  // For windows of this sensor of at most `samples_per_axis` samples on each axis.
  EnvelopeAnalyzer(double rate_hz, std::uint32_t axes, std::size_t samples_per_axis);
  ~EnvelopeAnalyzer();
  EnvelopeAnalyzer(EnvelopeAnalyzer&&) noexcept;
  EnvelopeAnalyzer& operator=(EnvelopeAnalyzer&&) noexcept;

  // False when no block is long enough (64 samples), the axes differ or the window is
  // larger than promised: then every spectrum has 0 segments.
  bool compute(const Window& window);

  // Of the last compute(); valid until the next.
  EnvelopeSpectrum spectrum(std::size_t axis, std::size_t band) const;
  std::uint32_t axes() const;
  double rate_hz() const;

 private:
  struct Work;
  std::vector<Work> work_;  // one; keeps the FFT tables out of this header
};

// Median of power[from, to) without sorting in place; `scratch` holds as many. 0 if empty.
double median_of(std::span<const double> values, std::span<double> scratch);

}  // namespace torpor
