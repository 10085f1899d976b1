// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace torpor {

// What a sound sensor sees of a machine: coloured noise, a tone, an offset. Interleaved; each axis has
// its own noise. Test code only.
struct VibrationForTest {
  std::uint32_t seed = 1;
  std::size_t axes = 1;
  std::size_t samples = 16'000;   // per axis
  double rms = 100;               // of the noise, LSB
  double colour = 0.5;            // 0: white; towards 1: darker
  double brighter = 0;            // each axis' colour below that of the one before
  double tone = 0;                // amplitude, LSB
  double tone_period = 63.7;      // samples
  double offset = 0;              // LSB
  std::vector<double> offsets{};  // of each axis, instead

  std::vector<double> unrounded() const {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> out(samples * axes);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      double y = 0;
      const double pole = colour - brighter * static_cast<double>(axis);
      const double drive = rms * std::sqrt(1 - pole * pole);
      const double rest = offsets.empty() ? offset : offsets[axis];
      const double phase = static_cast<double>(seed + axis);
      for (std::size_t i = 0; i < samples; ++i) {
        y = pole * y + drive * normal(random);
        out[i * axes + axis] =
            rest + y + tone * std::sin(2 * M_PI * static_cast<double>(i) / tone_period + phase);
      }
    }
    return out;
  }
  static std::int16_t code(double value) {
    return static_cast<std::int16_t>(std::lround(std::clamp(value, -32'767.0, 32'767.0)));
  }
  std::vector<std::int16_t> make() const {
    const auto exact = unrounded();
    std::vector<std::int16_t> out(exact.size());
    std::transform(exact.begin(), exact.end(), out.begin(), code);
    return out;
  }
};

}  // namespace torpor
