// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/repeats.h"

#include <algorithm>

#include "base/assertion.h"
#include "window/code_checks.h"

namespace torpor {
namespace {

constexpr std::uint32_t kFactor = 0x9E3779B1u;  // odd: no sample is lost by multiplying

constexpr std::uint32_t factor_to_the_stretch() {
  std::uint32_t power = 1;
  for (std::size_t i = 0; i < kStretch; ++i) power *= kFactor;
  return power;
}

std::uint32_t sum_of(const AxisView& x, std::size_t at) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kStretch; ++i) sum = sum * kFactor + static_cast<std::uint32_t>(x[at + i]);
  return sum;
}

std::uint32_t sum_of(std::span<const std::int16_t, kStretch> stretch) {
  return sum_of(AxisView(stretch, 0, 1), 0);
}

// Enough changes to be recognised by. At the two rails of a loud machine a square wave says little: two of
// its halves are alike without a fault.
bool tells(const AxisView& x, std::size_t at, const AxisRange& range) {
  const bool rails = has_rails(range);
  std::size_t changes = 0;
  for (std::size_t i = at + 1; i < at + kStretch; ++i) {
    const bool on_rail = rails && (x[i] == range.least || x[i] == range.most);
    if (x[i] != x[i - 1] && !on_rail) ++changes;
  }
  return changes >= kStretchChanges;
}

}  // namespace

std::optional<RepeatFinder::Repeat> RepeatFinder::search(const AxisView& x, const Anchors& anchors) {
  std::uint64_t filter = 0;  // one bit of 64 for each sum: most places are passed over by it
  for (std::size_t i = 0; i < anchors.count; ++i) filter |= std::uint64_t{1} << (anchors.list[i].sum >> 26);
  std::uint32_t sum = sum_of(x, 0);
  for (std::size_t at = 0;; ++at) {
    if ((filter >> (sum >> 26) & 1) != 0) {
      for (std::size_t i = 0; i < anchors.count; ++i) {
        const Anchor& anchor = anchors.list[i];
        if (anchor.sum != sum || (anchor.earlier == nullptr && anchor.at >= at)) continue;
        bool same = true;
        for (std::size_t k = 0; k < kStretch && same; ++k)
          same = x[at + k] == (anchor.earlier == nullptr ? x[anchor.at + k] : (*anchor.earlier)[k]);
        if (!same) continue;
        Repeat repeat;
        repeat.at = static_cast<std::uint32_t>(at);
        repeat.windows_ago = anchor.windows_ago;
        if (anchor.earlier == nullptr) repeat.distance = static_cast<std::uint32_t>(at - anchor.at);
        return repeat;
      }
    }
    if (at + kStretch >= x.count()) return std::nullopt;
    sum = sum * kFactor + static_cast<std::uint32_t>(x[at + kStretch]) -
          factor_to_the_stretch() * static_cast<std::uint32_t>(x[at]);
  }
}

std::optional<RepeatFinder::Repeat> RepeatFinder::look(std::span<const std::int16_t> samples,
                                                       std::size_t axes) {
  TORPOR_ASSERT(axes > 0 && axes <= kMaxAxes, "window.a_repeat_is_of_an_axis");
  std::optional<Repeat> found;
  Remembered newest;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const AxisView x(samples, axis, axes);
    if (x.count() < kStretch) break;
    const AxisRange range = range_of(samples, axis, axes);
    Anchors anchors;
    for (std::size_t ago = 1; ago <= kWindows; ++ago) {
      const Remembered& window = windows_[(next_ + kWindows - ago) % kWindows];
      if (!window.known[axis]) continue;
      const Stretch& stretch = window.stretch[axis];
      anchors.add(
          {.sum = sum_of(stretch), .earlier = &stretch, .windows_ago = static_cast<std::uint32_t>(ago)});
    }
    for (std::size_t eighth = 0; eighth < kOwn; ++eighth) {
      const std::size_t end = std::min(x.count() * (eighth + 1) / kOwn, x.count() - kStretch + 1);
      std::size_t at = x.count() * eighth / kOwn;
      while (at < end && !tells(x, at, range)) at += kStretch;
      if (at >= end) continue;
      anchors.add({.sum = sum_of(x, at), .at = at});
      if (newest.known[axis]) continue;
      newest.known[axis] = true;
      for (std::size_t k = 0; k < kStretch; ++k)
        newest.stretch[axis][k] = static_cast<std::int16_t>(x[at + k]);
    }
    if (found || anchors.count == 0) continue;
    found = search(x, anchors);
    if (found) found->axis = static_cast<std::uint32_t>(axis);
  }
  windows_[next_] = newest;
  next_ = (next_ + 1) % kWindows;
  return found;
}

}  // namespace torpor
