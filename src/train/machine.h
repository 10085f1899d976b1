// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/noise.h"
#include "train/random.h"

// Simulated machines without end: one seed, one machine, as its accelerometer would hear
// it. The ranges are drawn once, in machine_draw.cpp; docs/training.md has the table and
// why each is there. Frequencies without a unit are fractions of the sampling rate.
namespace torpor::train {

struct Resonance {
  double frequency = 0;       // .01 .. .49
  double q = 0;               // 3 .. 80
  double gain_db = 0;         // peak over the background around it
  double speed_exponent = 0;  // its amplitude ~ speed^this
};

struct Line {
  double order = 0;  // of the shaft; 0: fixed in frequency (electrical)
  double hertz = 0;  // when order is 0
  double amplitude = 0;
  double speed_exponent = 0;
};

struct ShaftModulation {
  double order = 0;
  double depth = 0;  // 0 .. .4
};

// What does not change while the machine runs.
struct MachineFacts {
  double rate_hz = 0;       // 1.6 .. 40 kHz
  std::size_t samples = 0;  // of one window
  std::size_t blocks = 1;   // a window is gathered from so many pieces, unrelated in phase
  bool speed_known = true;
  double reference_hz = 0;  // shaft speed the level is 1 at
  double tilt = 0, roll_off = 0.5, floor_db = -50, level_exponent = 1;
  std::vector<Resonance> resonances;
  std::vector<Line> lines;
  std::vector<ShaftModulation> modulations;
  double mesh_order = 0, mesh_width = 0, mesh_db = 0;  // a bump of noise that moves with speed; 0 = none
  double shocks_per_s = 0, shock_size = 0;             // random hits, size in RMS
  double gain_jitter = 0;                              // of ln gain, every window
  double regime_db = 0, regime_nepers = 0;             // how much each speed is its own
};

// One shaft speed of one machine, with its own smooth change of spectrum, modulation
// depths and line strengths: without it the network would learn that spectra follow a
// power law in speed, which real machines do not.
struct Regime {
  double shaft_hz = 0;
  Shape shape;                        // background, level included
  double rms = 0;                     // of the background
  std::vector<float> line_amplitude;  // per MachineFacts::lines
  std::vector<float> depth;           // per MachineFacts::modulations
};

// A defect: impulses that ring the structure, or a noise in a band.
struct Damage {
  double order = 0;  // impulses per turn (.35 .. 12), or of the noise's modulation
  bool noise = false;
  double jitter = 0;        // of the period, 0 .. .05
  double amplitude_sd = 0;  // of ln amplitude
  double load_zone = 0;     // depth of a modulation at load_order; 0 = none
  double load_order = 1;
  double double_hit = 0;         // second hit after this part of the period; 0 = none
  double second = 0;             // its amplitude, signed
  std::vector<Resonance> rings;  // 1 .. 4; for noise the first is the band
};

// Not copied between threads while used: rendering keeps scratch memory.
class Machine {
 public:
  explicit Machine(std::uint64_t seed);
  // Given facts, for tests.
  Machine(const MachineFacts& facts, std::uint64_t seed);

  const MachineFacts& facts() const { return facts_; }
  // A regime at this speed. Draws the jitter anew: call once per speed and keep it.
  Regime regime(double shaft_hz);
  // `samples` of healthy running in one piece (any length up to 2^20). Rendering two
  // pieces at once costs little more than one; b may be empty.
  void render(const Regime& regime, std::span<float> a, std::span<float> b = {});
  // Driving bumps, 0 .. 24 dB over the RMS of what is there: 1 to 4 of them.
  void add_bumps(std::span<float> window);
  Damage draw_damage();
  // What the defect alone sounds like, brought to `level_db` relative to `rms`.
  void render_damage(const Damage& damage, const Regime& regime, double rms, double level_db,
                     std::span<float> out);
  Random& random() { return random_; }

 private:
  void add_lines(const Regime& regime, std::span<float> out);
  void modulate(const Regime& regime, std::span<float> out);
  void add_shocks(const Regime& regime, std::span<float> out);
  void ring(const Resonance& resonance, std::span<const float> excitation, float gain, std::span<float> out);

  MachineFacts facts_;
  Random random_;
  NoiseMaker noise_;
  std::vector<float> hits_, swing_;
};

// The facts of machine number `seed`.
MachineFacts draw_machine(Random& random);

// Up to `count` speeds between lowest and lowest x e^ratio, each further (ln) from every one in
// `taken` than the tokenizer calls a new speed and the baseline's histogram a cell.
std::vector<double> draw_speeds(Random& random, double lowest, double ratio, std::size_t count,
                                const std::vector<double>& taken);

// A smooth random curve over kGrid + 1 points of log frequency, in dB, standard deviation
// `db`: how a speed, a mounting or a day differs.
std::vector<float> smooth_change(Random& random, double db);

}  // namespace torpor::train
