// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <span>

#include "contract/contract.h"
#include "window/window.h"

// The classical figures people expect beside a score. Diagnostics only: no verdict
// depends on them.
namespace torpor {

struct EnvelopePeak {
  double hertz = 0;
  double prominence = 0;  // amplitude over the median of the envelope spectrum around it
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

}  // namespace torpor
