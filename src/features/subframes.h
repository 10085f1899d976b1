// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <vector>

#include "features/raw.h"
#include "window/window.h"

namespace torpor {

// Samples per axis in half a second, rounded half up; at least 1.
std::size_t subframe_samples(std::uint32_t rate_mhz);

// Half a second of one axis: views into the window it was cut from.
struct SubFrame {
  std::span<const Piece> pieces;  // at least one, each >= kMinPieceSamples
};

// Cuts one axis of a window into sub-frames of `samples` each, none across a block's
// border. A block gives as many whole sub-frames as fit; shorter blocks and remainders
// are gathered in order until they fill one. A rest below kMinPieceSamples is dropped,
// and a gathered sub-frame that lacks fewer than that is complete. An incomplete last one is
// dropped, unless the window has no complete one.
//
// One object per thread. The constructor allocates for windows of up to max_samples per
// axis; cut() allocates nothing.
class SubFrameCutter {
 public:
  SubFrameCutter(std::size_t samples_per_subframe, std::size_t max_samples);

  // The spans live until the next cut() or the window's end, whichever is first.
  // Empty for a window without a piece of kMinPieceSamples, and for axis >= window.axes.
  // Sub-frames beyond those of max_samples are dropped.
  std::span<const SubFrame> cut(const Window& window, std::size_t axis);
  // The most that cut() returns.
  std::size_t max_subframes() const { return max_subframes_; }

 private:
  void emit(std::span<const Piece> pieces);

  std::size_t samples_;
  std::size_t max_subframes_;
  std::vector<Piece> pieces_;
  std::vector<Piece> gathered_;
  std::vector<SubFrame> subframes_;
};

}  // namespace torpor
