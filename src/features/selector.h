// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace torpor {

// Order statistics of non-negative finite floats. The bits of such floats sort as
// integers, so one counting pass over their upper bits (an eighth of an octave each)
// leaves only a small bucket to search: five times faster than selecting by comparison,
// which mispredicts half its branches on noise. Internal to features.
class Selector {
 public:
  explicit Selector(std::size_t max_size) : sorted_(max_size) {}
  void load(std::span<const float> x);  // at most max_size values, at least one
  float kth(std::size_t k);             // k-th smallest, from 0

 private:
  static constexpr unsigned kShift = 20;
  static constexpr std::size_t kBuckets = std::size_t{1} << (31 - kShift);
  std::array<std::uint32_t, kBuckets + 1> end_{};  // of bucket b in sorted_, for low_ <= b <= high_
  std::size_t low_ = 0;
  std::size_t high_ = 0;
  std::vector<float> sorted_;  // by bucket
};

}  // namespace torpor
