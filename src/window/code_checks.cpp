// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/code_checks.h"

#include <algorithm>
#include <bit>

#include "window/window_checks.h"

namespace torpor {
namespace {

// A signal of two levels so far apart has no steps to count: they are rails.
constexpr std::int32_t kHalfOfAllCodes = 32'768;
// Neighbours may be a rail apart, each time: the step is looked for a little further on, too.
constexpr std::size_t kStepReach = 4;

constexpr std::int32_t magnitude(std::int32_t x) { return x < 0 ? -x : x; }

// Bits that were seen as 0 and as 1.
class Toggled {
 public:
  void add(std::uint32_t code) {
    any_ |= code;
    all_ &= code;
  }
  std::uint32_t bits() const { return any_ & ~all_ & 0xffffu; }

 private:
  std::uint32_t any_ = 0, all_ = ~std::uint32_t{0};
};

// Samples whose codes may be asked: a rail's are all alike, and many where shocks are strong.
class Inside {
 public:
  explicit Inside(const AxisRange& range) : range_(range), rails_(has_rails(range)) {}
  bool operator()(std::int32_t code) const {
    return code != kInvalidSample && !(rails_ && (code == range_.least || code == range_.most));
  }

 private:
  const AxisRange& range_;
  bool rails_;
};

std::uint32_t changes_above(const AxisView& x, const Inside& inside, std::uint32_t bit) {
  std::uint32_t changes = 0;
  for (std::size_t i = 1; i < x.count(); ++i)
    if (inside(x[i]) && inside(x[i - 1]) && x[i] >> (bit + 1) != x[i - 1] >> (bit + 1)) ++changes;
  return changes;
}

// How far from their mean the codes inside lie.
class Spread {
 public:
  Spread(const AxisView& x, const Inside& inside) : x_(x), inside_(inside) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < x.count(); ++i) {
      if (!inside(x[i])) continue;
      sum += x[i];
      ++count_;
    }
    if (count_ != 0) mean_ = static_cast<std::int32_t>(sum / count_);
  }
  std::int64_t count() const { return count_; }
  // A quarter of them 2^bit away or further. Not the RMS: a few knocks would carry it.
  bool reaches(std::uint32_t bit) const {
    std::int64_t far = 0;
    for (std::size_t i = 0; i < x_.count(); ++i)
      if (inside_(x_[i]) && magnitude(x_[i] - mean_) >> bit != 0) ++far;
    return 4 * far >= count_;
  }

 private:
  const AxisView& x_;
  const Inside& inside_;
  std::int64_t count_ = 0;
  std::int32_t mean_ = 0;
};

}  // namespace

bool has_rails(const AxisRange& range) {
  return !range.constant() && (range.span() >= kRailSpan * range.step || range.span() >= kHalfOfAllCodes);
}

AxisRange range_of(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride) {
  const AxisView x(samples, axis, stride);
  AxisRange range;
  std::int64_t sum = 0, valid = 0;
  for (std::size_t i = 0; i < x.count(); ++i) {
    // Left out: as a number it would be the rail.
    if (x[i] == kInvalidSample) continue;
    ++valid;
    sum += x[i];
    range.least = std::min(range.least, x[i]);
    range.most = std::max(range.most, x[i]);
    for (std::size_t back = 1; back <= std::min(i, kStepReach) && range.step != 1; ++back) {
      const std::int32_t d = x[i - back] == kInvalidSample ? 0 : magnitude(x[i] - x[i - back]);
      if (d != 0 && (range.step == 0 || d < range.step)) range.step = d;
    }
  }
  range.rms_q8 = rms_q8(samples, axis, stride);
  range.mean = valid == 0 ? 0 : static_cast<std::int32_t>(sum / valid);
  return range;
}

std::optional<StuckBit> stuck_bit(const AxisView& x, const AxisRange& range) {
  const Inside inside(range);
  Toggled single, pair;
  for (std::size_t i = 0; i < x.count(); ++i) {
    if (!inside(x[i])) continue;
    const auto code = static_cast<std::uint32_t>(x[i]);
    single.add(code);
    pair.add(code ^ (code >> 1));  // bit b: whether b and b + 1 differ
  }
  if (single.bits() == 0 || pair.bits() == 0) return std::nullopt;
  // Below the lowest that changes the data are left-justified; above the highest pair lie the signs.
  const auto lowest = static_cast<std::uint32_t>(std::countr_zero(single.bits()));
  const auto highest = static_cast<std::uint32_t>(std::bit_width(pair.bits())) - 1;
  const Spread spread(x, inside);
  // A machine so loud that most samples stand at the rails leaves only the edges of a square wave.
  if (2 * spread.count() < static_cast<std::int64_t>(x.count())) return std::nullopt;
  for (std::uint32_t bit = lowest; bit <= highest; ++bit) {
    const bool never = (single.bits() >> bit & 1) == 0;
    const bool locked = (pair.bits() >> bit & 1) == 0;
    if (never && spread.reaches(bit) && changes_above(x, inside, bit) >= kBitChanges)
      return StuckBit{bit, false};
    if (!never && locked && spread.reaches(bit + 1) && changes_above(x, inside, bit + 1) >= kBitChanges)
      return StuckBit{bit, true};
  }
  return std::nullopt;
}

HeldSamples held_samples(const AxisView& x, const AxisRange& range) {
  enum class Kind : std::uint8_t { other, zero, single, large };
  const Inside inside(range);
  HeldSamples found;
  Kind before = Kind::other, last = Kind::other;
  std::uint32_t run = 0;  // of zeros, where last is zero
  std::uint64_t squares = 0;
  for (std::size_t i = 1; i < x.count(); ++i) {
    const std::int32_t d = magnitude(x[i] - x[i - 1]);
    squares += static_cast<std::uint64_t>(std::int64_t{d} * d);
    const Kind kind = d == 0                          ? Kind::zero
                      : d < 2 * range.step            ? Kind::single
                      : d >= kLargeSteps * range.step ? Kind::large
                                                      : Kind::other;
    if (kind == Kind::zero && last == Kind::zero) {
      ++run;
      continue;
    }
    if (kind == Kind::large && before == Kind::large) {
      if (last == Kind::zero && run <= kLongestHold && inside(x[i - 1])) found.held += run;
      if (last == Kind::single) ++found.natural;
    }
    run = 1;
    before = last;
    last = kind;
  }
  const auto least_square =
      static_cast<std::uint64_t>(std::int64_t{kHeldRms} * kHeldRms * range.step * range.step);
  found.loud = squares >= least_square * x.count();
  return found;
}

bool is_held(const HeldSamples& found, std::size_t count) {
  return found.loud && std::uint64_t{found.held} * kHeldShare >= count && found.held > 2 * found.natural;
}

bool is_spike(const AxisView& x, std::size_t i) {
  if (i < 2 || i + 2 >= x.count() || x[i] == kInvalidSample) return false;
  const std::int32_t around = (x[i - 2] + x[i - 1] + x[i + 1] + x[i + 2]) / 4;
  const std::int32_t out = magnitude(x[i] - around);
  if (out < kSpikeTimes) return false;  // of an RMS of 1 LSB, the least that is reckoned with
  for (const std::size_t j : {i - 2, i - 1, i + 1, i + 2})
    if (magnitude(x[j] - around) * kSpikeNeighbour > out) return false;
  const std::size_t first = i - std::min(i, kSpikeReach);
  const std::size_t last = std::min(x.count() - 1, i + kSpikeReach);
  std::int64_t squares = 0;
  for (std::size_t j = first; j <= last; ++j) {
    const std::int64_t d = x[j] - around;
    if (j != i) squares += d * d;
  }
  const auto others = static_cast<std::int64_t>(last - first);
  return std::int64_t{out} * out * others >= std::int64_t{kSpikeTimes} * kSpikeTimes * squares;
}

std::optional<Rail> rail_of(const AxisView& x, const AxisRange& range) {
  if (!has_rails(range)) return std::nullopt;
  std::uint32_t on[2] = {}, next[2] = {};
  for (std::size_t i = 0; i < x.count(); ++i) {
    const std::int32_t inside[2] = {x[i] - range.least, range.most - x[i]};
    for (std::size_t end = 0; end < 2; ++end) {
      if (inside[end] == 0) ++on[end];
      if (inside[end] > 0 && inside[end] <= kRailCodes * range.step) ++next[end];
    }
  }
  std::optional<Rail> rail;
  for (std::size_t end = 0; end < 2; ++end) {
    const bool piled = on[end] >= kMinOnRail &&
                       std::uint64_t{on[end]} * 1000 > x.count() * kSaturatedPermille &&
                       on[end] > kRailTimes * next[end];
    if (piled && (!rail || on[end] > rail->samples))
      rail = Rail{end == 0 ? range.least : range.most, on[end]};
  }
  return rail;
}

}  // namespace torpor
