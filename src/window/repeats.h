// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "contract/contract.h"

namespace torpor {

class AxisView;

// 64 samples of which 16 or more differ from the one before. Two such stretches of a signal with any
// noise at all agree bit for bit with a probability below 1e-14: with a chance q of a change at
// each sample the most likely is q^16 (1 - q)^48 at q = 1/4, and half of that again for each direction.
inline constexpr std::size_t kStretch = 64;
inline constexpr std::size_t kStretchChanges = 16;

// Finds samples that came before: a driver that hands out an old buffer, a ring that is read faster
// than it is filled, an axis frozen into a loop. Looks for eight stretches of a window later in
// the same window, and for the first stretch of each of the last four windows anywhere in it; so every loop
// shorter than a window is seen in its first, alternating buffers in the third.
//
// Of one sensor. One pass over each axis with a rolling sum; what it finds is compared bit by bit.
// 1.6 KiB, no heap, freestanding.
class RepeatFinder {
 public:
  static constexpr std::size_t kWindows = 4;
  static constexpr std::size_t kOwn = 8;
  struct Repeat {
    std::uint32_t axis = 0;
    std::uint32_t at = 0;           // sample of this window at which it comes again
    std::uint32_t windows_ago = 0;  // it came first in; 0: in this one
    std::uint32_t distance = 0;     // samples since, in this one
  };
  // The first repeat of these interleaved samples, which then count as the newest window.
  std::optional<Repeat> look(std::span<const std::int16_t> samples, std::size_t axes);

 private:
  using Stretch = std::array<std::int16_t, kStretch>;
  struct Anchor {
    std::uint32_t sum = 0;
    std::size_t at = 0;  // in this window, where `earlier` is null
    const Stretch* earlier = nullptr;
    std::uint32_t windows_ago = 0;
  };
  struct Anchors {
    std::array<Anchor, kOwn + kWindows> list{};
    std::size_t count = 0;
    void add(const Anchor& anchor) { list[count++] = anchor; }
  };
  struct Remembered {
    std::array<Stretch, kMaxAxes> stretch{};
    std::array<bool, kMaxAxes> known{};
  };
  static std::optional<Repeat> search(const AxisView& x, const Anchors& anchors);

  std::array<Remembered, kWindows> windows_{};
  std::size_t next_ = 0;  // the oldest, to be replaced
};

}  // namespace torpor
