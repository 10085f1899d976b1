// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/selector.h"

#include <algorithm>
#include <bit>

namespace torpor {
namespace {

// The sign is dropped, so that -0 is 0 and no index leaves the table.
std::size_t bucket_of(float x, unsigned shift) {
  return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffu) >> shift;
}

}  // namespace

void Selector::load(std::span<const float> x) {
  float least = x[0];
  float most = x[0];
  for (float v : x) {
    least = std::min(least, v);
    most = std::max(most, v);
  }
  low_ = bucket_of(least, kShift);
  high_ = bucket_of(most, kShift);
  // Only the buckets in use: of 2,048 a band of noise fills about a hundred.
  std::fill(&end_[low_], &end_[high_] + 2, 0u);
  for (float v : x) ++end_[bucket_of(v, kShift) + 1];  // one to the right: end_[b] becomes where b starts
  for (std::size_t b = low_ + 1; b <= high_; ++b) end_[b] += end_[b - 1];
  // Each end_[b] walks from where b starts to where it ends, which is what kth() reads.
  for (float v : x) sorted_[end_[bucket_of(v, kShift)]++] = v;
}

float Selector::kth(std::size_t k) {
  const auto b = static_cast<std::size_t>(std::upper_bound(&end_[low_], &end_[high_] + 1, k) - end_.data());
  const auto first = sorted_.begin() + (b == low_ ? 0 : static_cast<std::ptrdiff_t>(end_[b - 1]));
  const auto nth = sorted_.begin() + static_cast<std::ptrdiff_t>(k);
  // Within its bucket alone; order inside a bucket may change, so any rank can be asked for afterwards.
  std::nth_element(first, nth, sorted_.begin() + static_cast<std::ptrdiff_t>(end_[b]));
  return *nth;
}

}  // namespace torpor
