// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace torpor {

inline constexpr std::int16_t kInvalidSample = std::numeric_limits<std::int16_t>::min();
inline constexpr std::int32_t kSampleRail = std::numeric_limits<std::int16_t>::max();

// One axis of interleaved samples. A view.
class AxisView {
 public:
  AxisView(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride)
      : first_(samples.data() + axis), stride_(stride), count_(samples.size() / stride) {}
  std::size_t count() const { return count_; }
  std::int32_t operator[](std::size_t i) const { return first_[i * stride_]; }

 private:
  const std::int16_t* first_;
  std::size_t stride_, count_;
};

// What the other checks of an axis start from.
struct AxisRange {
  std::int32_t least = kSampleRail, most = kInvalidSample;  // of the valid samples; least > most: none
  std::int32_t step = 0;  // the smallest change between near samples: 1 LSB, or what left-justified data have
  std::uint32_t rms_q8 = 0;  // around the mean, 1/256 LSB
  std::int32_t mean = 0;
  [[nodiscard]] bool constant() const { return least >= most; }
  std::int32_t span() const { return most - least; }
};

}  // namespace torpor
