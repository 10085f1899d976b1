// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "train/episode.h"

namespace torpor::train {

// A part in time of one track of a machine, in its samples: [first, last).
struct Stretch {
  std::size_t track = 0, first = 0, last = 0;
  double shaft_hz = 0;
};

// The index that lies at `part` (0 .. 1) of n > 0: below n whatever the part was rounded to.
// The one way from a part to an index in this room.
std::size_t index_at(double part, std::size_t n);

// Cuts windows of half a second out of real recordings, as if they had been taken at a lower
// rate: read `decimation` times slower. Where a machine was recorded in blocks, a window is
// gathered from whole neighbouring ones, never across a border. Const: one thread each, as
// the window is the caller's.
class WindowCutter {
 public:
  // `real` outlives the cutter.
  WindowCutter(const RealMachine& real, double decimation);

  double rate_hz() const { return real_.rate_hz / decimation_; }
  std::size_t samples() const { return samples_; }  // of one window
  std::size_t blocks() const { return blocks_; }    // that it is gathered from; 1: in one piece

  // The window at `part` (0 .. 1) of the places that the stretch has, read with another
  // `step` (1 = the plain rate: a speed a little off). false, and nothing written: the
  // stretch is shorter than a window.
  [[nodiscard]] bool cut(const Stretch& stretch, double part, double step, std::vector<float>& window,
                         Span& span) const;

 private:
  [[nodiscard]] bool cut_blocks(const Stretch& stretch, double part, double step, std::vector<float>& window,
                                Span& span) const;
  const RealMachine& real_;
  double decimation_;
  std::size_t samples_ = 0;
  std::size_t blocks_ = 1;
  std::size_t block_in_ = 0;   // samples of a block as recorded; 0: not in blocks
  std::size_t block_out_ = 0;  // that a window takes of each
};

}  // namespace torpor::train
