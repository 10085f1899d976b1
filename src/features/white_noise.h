// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstddef>
#include <span>

// What white noise gives for each feature, to be subtracted: without it a maximum over
// more bins is larger, and a lower speed (fewer bins in an order) looks like a change.
// Internal to features. Where no closed form exists the numbers come from simulation:
// white_noise_table_test.cpp makes the tables anew, raw_test.cpp judges the result.
namespace torpor {

// How the samples of one STFT bin are distributed: circular complex Gaussian inside,
// slightly non-circular in bins 1 and 31 (the Hann main lobe reaches its own mirror
// image), real in bin 32.
enum class BandKind : unsigned char { inner, edge, nyquist };
inline constexpr std::size_t kBandKinds = 3;
constexpr BandKind band_kind(std::size_t band) {  // band 0 = bin 1
  return band == 31 ? BandKind::nyquist : (band == 0 || band == 30 ? BandKind::edge : BandKind::inner);
}

namespace white {

// Shape of the power spectrum of sqrt(e(t)): 1 + 2 sum_j c[j] cos(2 pi j f / frame rate), j = 1..3
// (frames four hops apart share no sample). c from the envelope autocovariance of a
// complex (or real) Gaussian process with the window's autocorrelation.
std::array<double, 3> envelope_autocorrelation(BandKind kind, std::span<const float> window, std::size_t hop);

// E[ln(level)] of `frames` spectra. E[ln(kurtosis / 2)] likewise, 0 for one frame.
float level(std::size_t frames);
float kurtosis(std::size_t frames);
// E of the six numbers of e / mean (ln quantiles .1 .5 .9 .99, ln max, ln mean square).
float power(std::size_t which, BandKind kind, std::size_t frames);
// E[ln(max over `bins` neighbouring bins / median + .05)] of a Hann spectrum zero-padded
// `padding` (2..4) times.
float order(std::size_t bins, float padding);
// E[max over `bins` fundamentals of the mean over `harmonics` (2..5) of ln(..)], each
// the largest of three neighbours.
float comb(std::size_t harmonics, std::size_t bins, float padding);
// E[ln(max |x| / sd)] of n samples.
float crest(std::size_t samples);

}  // namespace white
}  // namespace torpor
