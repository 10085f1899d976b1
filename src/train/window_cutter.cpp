// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "train/window_cutter.h"

#include <algorithm>
#include <cmath>

#include "base/assertion.h"
#include "train/resample.h"

namespace torpor::train {
namespace {

// What is left of a block when it is read 18 % too fast, a little beyond the widest step of
// the calibrated speeds: the rest is margin on both sides.
constexpr double kBlockMargin = 1.18;

}  // namespace

std::size_t index_at(double part, std::size_t n) {
  TORPOR_ASSERT(n > 0 && part >= 0, "train.a_place_is_among_some");
  return std::min(static_cast<std::size_t>(part * static_cast<double>(n)), n - 1);
}

WindowCutter::WindowCutter(const RealMachine& real, double decimation)
    : real_(real), decimation_(decimation) {
  for (const Track& t : real.tracks) block_in_ = std::max(block_in_, t.block_len);
  // Half a second, as machine_draw.cpp draws it and the runtime scores it.
  samples_ = static_cast<std::size_t>(std::clamp(rate_hz() / 2, 800.0, 12800.0));
  if (block_in_ == 0) return;
  block_out_ = std::max<std::size_t>(
      1, static_cast<std::size_t>(static_cast<double>(block_in_) / decimation / kBlockMargin));
  // The nearest whole number of blocks; the window is then as long as they are.
  blocks_ = std::max<std::size_t>(1, (samples_ + block_out_ / 2) / block_out_);
  samples_ = blocks_ * block_out_;
}

bool WindowCutter::cut(const Stretch& s, double part, double step, std::vector<float>& window,
                       Span& span) const {
  const Track& track = real_.tracks[s.track];
  TORPOR_ASSERT(s.first <= s.last && s.last <= track.samples.size(), "train.a_stretch_lies_inside_its_track");
  if (block_out_ > 0) return cut_blocks(s, part, step, window, span);
  const double per_sample = decimation_ * step;
  // What the window covers, and one more for the fraction of a sample it may begin at.
  const auto covered = static_cast<std::size_t>(std::ceil(static_cast<double>(samples_) * per_sample)) + 1;
  const std::size_t have = s.last - s.first;
  // One place at least to choose from.
  if (have <= covered) return false;
  const double at = std::min(1.0, part) * static_cast<double>(have - covered);
  window.resize(samples_);
  read_at({track.samples.data() + s.first, have}, at, per_sample, window);
  span.track = s.track;
  // What was read, for weights and for the test that baseline and queries share nothing.
  span.first = s.first + static_cast<std::size_t>(at);
  span.last = span.first + covered;
  TORPOR_ASSERT(span.last <= s.last, "train.a_window_lies_inside_its_stretch");
  return true;
}

bool WindowCutter::cut_blocks(const Stretch& s, double part, double step, std::vector<float>& window,
                              Span& span) const {
  const std::size_t have = (s.last - s.first) / block_in_;
  if (have < blocks_) return false;
  const double per_sample = decimation_ * step;
  const std::size_t first = index_at(part, have - blocks_ + 1);
  span.track = s.track;
  span.first = s.first + first * block_in_;
  span.last = span.first + blocks_ * block_in_;
  TORPOR_ASSERT(span.last <= s.last, "train.blocks_lie_inside_their_stretch");
  // From the middle of each block: as far from both borders as the step leaves.
  const double margin = static_cast<double>(block_in_) - static_cast<double>(block_out_) * per_sample;
  window.resize(samples_);
  for (std::size_t k = 0; k < blocks_; ++k) {
    const std::size_t at = span.first + k * block_in_;
    read_at({real_.tracks[s.track].samples.data() + at, block_in_}, std::max(0.0, margin / 2), per_sample,
            {window.data() + k * block_out_, block_out_});
  }
  return true;
}

}  // namespace torpor::train
