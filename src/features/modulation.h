// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "exact/fft.h"
#include "features/raw.h"
#include "features/selector.h"
#include "features/spectra.h"
#include "features/white_noise.h"

// Orders and combs: the spectrum of each band's envelope, flattened by what white noise
// gives, in bins of shaft order (or of log-frequency). Internal to features.
namespace torpor {

class Modulation {
 public:
  Modulation(std::uint32_t rate_mhz, std::size_t max_samples, bool has_speed);

  // Fills 24 orders and 12 combs of every band, at their places in out[band].
  void run(const ShortSpectra& spectra, float shaft_hz,
           std::array<std::array<float, kBandFeatures>, kBands>& out);

 private:
  struct Cell {
    std::size_t begin = 0;  // bins [begin, end); empty: cannot be measured
    std::size_t end = 0;
    std::size_t harmonics = 1;
    float expected = 0;
  };
  // Everything that depends on the number of frames alone; a few are kept, because
  // gathered blocks come in two or three lengths.
  struct Plan {
    std::size_t frames = 0;
    const det::RealFft* fft = nullptr;
    std::vector<float> window;
    std::array<std::vector<float>, kBandKinds> flatten;  // 1 / white-noise curve
  };
  const Plan& plan_for(std::size_t frames);
  void lay_cells(const Plan& plan, float shaft_hz);
  void four_bands(const Plan& plan, const ShortSpectra& spectra, std::size_t first_band,
                  std::array<std::array<float, kBandFeatures>, kBands>& out);

  double frame_rate_hz_;
  bool has_speed_;
  std::vector<det::RealFft> ffts_;
  std::array<Plan, 4> plans_;
  std::size_t next_plan_ = 0;
  std::array<std::array<double, 3>, kBandKinds> autocorrelation_;
  std::array<double, kOrders + 1> order_edge_;  // of the shaft, or of the modulation Nyquist
  std::array<double, kCombs + 1> comb_edge_;
  std::array<Cell, kOrders> orders_;
  std::array<Cell, kCombs> combs_;
  std::vector<det::F4> data_, power_, log_, peak_;
  std::array<std::vector<float>, det::kLanes> column_;
  Selector selector_;
};

}  // namespace torpor
