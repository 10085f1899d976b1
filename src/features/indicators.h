// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <span>
#include <vector>

#include "contract/contract.h"
#include "features/envelope.h"
#include "window/window.h"

// The classical figures people expect beside a score. Diagnostics only: no verdict
// depends on them.
namespace torpor {

struct EnvelopePeak {
  double hertz = 0;
  double prominence = 0;  // power over the median of the envelope spectrum around it
};
inline constexpr std::size_t kEnvelopePeaks = 5;

// Of one axis over the whole window.
struct AxisIndicators {
  double rms_g = 0;                                  // mean removed
  double velocity_rms_mm_s = 0;                      // 10..1000 Hz or up to 0.4 of the rate, ISO 20816 band
  double kurtosis = 0;                               // fourth standardised moment, 3 for Gaussian noise
  double crest = 0;                                  // peak / RMS
  std::array<EnvelopePeak, kEnvelopePeaks> peaks{};  // strongest first; hertz 0 = none
};

struct Indicators {
  std::array<AxisIndicators, kMaxAxes> axis{};
  std::uint32_t axes = 0;
};

// What compute_indicators needs beside the window; one per thread.
struct IndicatorWorkspace {
  std::vector<float> prominence = std::vector<float>(kMaxEnvelopeBins);
  std::vector<float> scratch = std::vector<float>(kMaxEnvelopeBins);
};

// Of a window that `envelope` has just computed. RMS, kurtosis and crest are taken over all
// samples of the axis (offset removed over the whole window), velocity and peaks are means
// over the envelope's segments, which never cross a block. Peaks come from the band whose
// kurtosis is largest. Without segments velocity and peaks are 0. Allocates nothing.
Indicators compute_indicators(const Window& window, const EnvelopeAnalyzer& envelope,
                              IndicatorWorkspace& workspace);

// power[k] over the median of the spectrum around k (about 24 cells to each side, fewer near the
// ends); 0 for the first three cells, where the envelope's mean and slow drift are. The medians are taken
// every few bins and held between. scratch and out hold at least power.size().
void prominence_of(const EnvelopeSpectrum& spectrum, std::span<float> scratch, std::span<float> out);

}  // namespace torpor
