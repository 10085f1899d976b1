// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <vector>

namespace torpor {

// Spectrum of the envelope of a signal, by a library's FFT: band-pass from `low` to `high`
// (fractions of the rate), Hilbert transform, squared magnitude, mean removed, Hann, FFT.
// The judge of the simulator, so it shares no code with it.
class LibraryEnvelope {
 public:
  LibraryEnvelope(std::span<const double> signal, double rate_hz, double low, double high);

  struct Line {
    double hertz = 0;       // where the largest bin lies
    double prominence = 0;  // its amplitude over the median of the bins around (+-40)
  };
  // The largest line within `tolerance` (relative) of `hertz`.
  Line near(double hertz, double tolerance) const;
  // The largest line between two frequencies.
  Line largest(double from_hertz, double to_hertz) const;
  double resolution_hz() const { return resolution_hz_; }

 private:
  double resolution_hz_;
  std::vector<double> amplitude_;
};

}  // namespace torpor
