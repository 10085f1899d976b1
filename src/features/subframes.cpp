// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/subframes.h"

#include <algorithm>

namespace torpor {

std::size_t subframe_samples(std::uint32_t rate_mhz) {
  // rate_mhz / 1000 samples a second, half of them, rounded in integers.
  return std::max<std::size_t>(1, (std::size_t{rate_mhz} + 1000) / 2000);
}

SubFrameCutter::SubFrameCutter(std::size_t samples_per_subframe, std::size_t max_samples)
    : samples_(std::max(samples_per_subframe, kMinPieceSamples)), max_subframes_(max_samples / samples_ + 1) {
  // A whole sub-frame is one piece; a gathered one has a piece of each block it took, and a block may be
  // cut between two.
  pieces_.reserve(2 * max_subframes_ + kMaxBlocks);
  gathered_.reserve(kMaxBlocks + 1);
  subframes_.reserve(max_subframes_);
}

void SubFrameCutter::emit(std::span<const Piece> pieces) {
  // Never grown: sub-frames emitted before point into pieces_.
  if (subframes_.size() == max_subframes_ || pieces_.size() + pieces.size() > pieces_.capacity()) return;
  const std::size_t at = pieces_.size();
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  subframes_.push_back({{&pieces_[at], pieces.size()}});
}

std::span<const SubFrame> SubFrameCutter::cut(const Window& window, std::size_t axis) {
  pieces_.clear();
  gathered_.clear();
  subframes_.clear();
  if (axis >= window.axes) return {};
  const std::size_t total = window.samples_per_axis();
  std::size_t held = 0;  // samples in gathered_
  for (std::size_t b = 0; b < window.block_starts.size(); ++b) {
    std::size_t at = window.block_starts[b];
    const std::size_t end = b + 1 < window.block_starts.size() ? window.block_starts[b + 1] : total;
    // Borders come from the sampler: an impossible block is left out, not trusted.
    if (at >= end || end > total) continue;
    const auto piece = [&](std::size_t count) {
      const Piece p{&window.samples[at * window.axes + axis], count, window.axes};
      at += count;
      return p;
    };
    // Whole ones first: to fill what is gathered before would cut them all.
    while (end - at >= samples_) {
      const Piece whole = piece(samples_);
      emit({&whole, 1});
    }
    while (end - at >= kMinPieceSamples && gathered_.size() < gathered_.capacity()) {
      const std::size_t count = std::min(end - at, samples_ - held);
      gathered_.push_back(piece(count));
      held += count;
      // What is missing is shorter than any piece that could be added: as complete as it will be.
      if (samples_ - held >= kMinPieceSamples) continue;
      emit(gathered_);
      gathered_.clear();
      held = 0;
    }
  }
  // Only then: a part of a sub-frame weighs less (RawFeatures::weight), but is better than silence.
  if (subframes_.empty() && !gathered_.empty()) emit(gathered_);
  return subframes_;
}

}  // namespace torpor
