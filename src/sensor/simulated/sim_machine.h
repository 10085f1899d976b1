// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>

#include "contract/contract.h"
#include "sensor/simulated/simulated_bearing.h"

// What a seed fixes for good about a simulated machine: its structure and its lines.
namespace torpor {

inline constexpr std::size_t kSimModes = 4;           // of the structure
inline constexpr std::size_t kSimShaftHarmonics = 5;  // 1x .. 5x
inline constexpr std::size_t kSimBeltHarmonics = 3;

using PerAxis = std::array<double, kMaxAxes>;

// A damped oscillation in discrete time: y[n] = c1 y[n-1] + c2 y[n-2] + b u[n]. A single
// u = 1 rings with a peak near 1.
struct SimMode {
  double c1 = 0;
  double c2 = 0;
  double b = 0;
  double noise_gain = 0;  // RMS of y for white u of RMS 1
  // hertz as a fraction of the sampling rate, below 0.5; q: quality factor
  static SimMode make(double fraction, double q);
};

// A tone's part on each axis: amplitude x (sin cos(phase) + cos sin(phase)).
struct SimTone {
  PerAxis in_phase{};
  PerAxis quadrature{};
};

struct SimMachine {
  BearingTerms geometry{};
  double defect_order = 0;  // strikes per turn of the shaft, systematic slip included
  double cage_order = 0;    // turns of the cage per turn of the shaft

  std::array<SimMode, kSimModes> mode{};
  std::array<PerAxis, kSimModes> mode_gain{};    // how an axis sees a mode
  std::array<double, kSimModes> noise_drive{};   // RMS of the noise that drives it, background 1
  std::array<double, kSimModes> strike_drive{};  // of a strike of severity 1, background 1
  SimMode body{};                                // the robot on its wheels, rung by bumps
  PerAxis bump_gain{};
  PerAxis broad_gain{};      // of the noise that goes past the modes, background 1
  double broad_pole = 0;     // its low-pass: the colour
  double broad_norm = 1;     // makes the low-passed part RMS 1
  double broad_dark = 0;     // share of the low-passed part, 0..1
  double noise_depth = 0;    // modulation of the noise by the shaft
  double load_phase = 0;     // where in its turn the shaft's spall meets the load
  double load_extent = 0.5;  // epsilon of the load zone, 0.5 = half the circumference

  std::array<SimTone, kSimShaftHarmonics> shaft{};  // RMS 1 together on the mean axis
  std::array<SimTone, kSimBeltHarmonics> belt{};
  SimTone line{};
  double belt_order = 0;  // belt's turns per turn of the shaft, no small ratio
  double line_hz = 0;     // fixed electrical line

  static SimMachine draw(const SimConfig& config, const SensorTerms& sensor);
};

}  // namespace torpor
