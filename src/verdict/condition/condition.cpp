// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/condition/condition.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assertion.h"
#include "verdict/condition/level_shift.h"

namespace torpor {
namespace {

constexpr std::string_view kAxis[kMaxAxes] = {"x", "y", "z"};
using Note = FixedString<120>;

// Hundredths; no libc formatting, which would ask the locale.
void put(Note& note, double value) {
  const auto hundredths = static_cast<std::int64_t>(std::llround(std::abs(value) * 100));
  note << (value < 0 && hundredths != 0 ? "-" : "") << hundredths / 100 << "." << hundredths / 10 % 10
       << hundredths % 10;
}

double length(const AxisMeans& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

double distance(const AxisMeans& a, const AxisMeans& b) {
  return length({a[0] - b[0], a[1] - b[1], a[2] - b[2]});
}

bool sees_gravity(const LearnedMeans& learned) {
  return learned.windows > 0 && length(learned.mean_g) >= kSeesGravity_g;
}

// Whether gravity has changed by this factor, where it is seen.
bool weighs(double gain, const AxisMeans& now, const LearnedMeans& learned) {
  AxisMeans expected = learned.mean_g;
  for (double& g : expected) g *= gain;
  return distance(now, expected) <= kMeanMoves * length(expected);
}

void put_vector(Note& note, const AxisMeans& g, std::size_t axes) {
  note << "(";
  for (std::size_t axis = 0; axis < axes; ++axis) {
    if (axis != 0) note << " ";
    put(note, g[axis]);
  }
  note << ")";
}

// Whether the explanation makes the levels healthy.
bool explains(double before, double left) { return left <= std::max(kHealthySpreads, kLeftOver * before); }

ConditionFinding gain_changed(const LevelShift& shift, const AxisMeans& now, const LearnedMeans& means) {
  const double gain = std::exp(shift.log_gain);
  if (std::abs(shift.log_gain) < kLeastGain || !explains(shift.before, shift.rest) ||
      shift.shape > kHealthySpreads)
    return {};
  // Gravity knows. Without it the levels must be foreign by themselves.
  if (sees_gravity(means) ? !weighs(gain, now, means) : shift.before < kForeignSpreads) return {};
  ConditionFinding found{.reason = VerdictReason::gain_changed};
  found.note << "all bands of all axes are ";
  put(found.note, gain);
  found.note << " times what was learned: check range and unit; on purpose: torpor baseline reset";
  return found;
}

ConditionFinding turned(const AxisMeans& now, const LearnedMeans& means, std::size_t axes) {
  if (!sees_gravity(means)) return {};
  if (distance(now, means.mean_g) <= kMeanMoves * length(means.mean_g)) return {};
  ConditionFinding found{.reason = VerdictReason::turned};
  found.note << "mean ";
  put_vector(found.note, now, axes);
  found.note << " g, learned ";
  put_vector(found.note, means.mean_g, axes);
  found.note << ": check its mount; on purpose: torpor baseline reset";
  return found;
}

ConditionFinding axes_swapped(const Measurement& measured,
                              std::span<const std::unique_ptr<FeatureBaseline>> learned) {
  const std::size_t axes = measured.axes;
  if (axes < 2) return {};
  std::array<std::array<double, kMaxAxes>, kMaxAxes> square{};  // [axis now][axis learned]
  for (std::size_t a = 0; a < axes; ++a)
    for (std::size_t b = 0; b < axes; ++b)
      square[a][b] = mean_square_z(measured.subframes(a), *learned[b], measured.shaft_hz);
  std::array<std::size_t, kMaxAxes> order{0, 1, 2}, best = order;
  const auto rms = [&](const std::array<std::size_t, kMaxAxes>& as) {
    double sum = 0;
    for (std::size_t a = 0; a < axes; ++a) sum += square[a][as[a]];
    return std::sqrt(sum / static_cast<double>(axes));
  };
  const double as_learned = rms(order);
  double least = as_learned;
  while (std::next_permutation(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(axes))) {
    if (rms(order) >= least) continue;
    least = rms(order);
    best = order;
  }
  if (as_learned < kForeignSpreads || !explains(as_learned, least)) return {};
  ConditionFinding found{.reason = VerdictReason::axes_swapped};
  found.note << "axes";
  for (std::size_t a = 0; a < axes; ++a) found.note << " " << kAxis[a];
  found.note << " were";
  for (std::size_t a = 0; a < axes; ++a) found.note << " " << kAxis[best[a]];
  found.note << " when learned: check mount and wiring; on purpose: torpor baseline reset";
  return found;
}

}  // namespace

void LearnedMeans::add(const AxisMeans& means) {
  ++windows;
  for (std::size_t axis = 0; axis < kMaxAxes; ++axis)
    mean_g[axis] += (means[axis] - mean_g[axis]) / static_cast<double>(windows);
}

Bytes LearnedMeans::encode(std::span<std::byte, kEncodedSize> out) const {
  if (windows == 0) return {};
  store_le(out.data(), windows);
  for (std::size_t axis = 0; axis < kMaxAxes; ++axis)
    store_le(out.data() + 8 + 8 * axis, std::bit_cast<std::uint64_t>(mean_g[axis]));
  return out;
}

Result<LearnedMeans> LearnedMeans::decode(Bytes bytes) {
  LearnedMeans means;
  if (bytes.empty()) return means;
  const auto malformed = [&] {
    return Error{.reason = Reason::baseline_malformed}.at("means of the axes").saw(bytes.size(), " bytes");
  };
  if (bytes.size() != kEncodedSize) return malformed();
  means.windows = load_le<std::uint64_t>(bytes.data());
  for (std::size_t axis = 0; axis < kMaxAxes; ++axis) {
    means.mean_g[axis] = std::bit_cast<double>(load_le<std::uint64_t>(bytes.data() + 8 + 8 * axis));
    if (!std::isfinite(means.mean_g[axis])) return malformed();
  }
  return means.windows > 0 ? Result<LearnedMeans>(means) : malformed();
}

ConditionFinding without_noise(const Measurement& measured, double step_g) {
  for (std::size_t axis = 0; axis < measured.axes; ++axis) {
    const double rms_g = measured.indicators.axis[axis].rms_g;
    if (measured.subframes(axis).empty() || !(rms_g >= kLeastSteps * step_g)) continue;
    const double rounding = std::max(kRoundingNoise * step_g * step_g, kLeastMeasured * rms_g * rms_g);
    if (random_power(measured.subframes(axis), kSteady) > rounding) continue;
    ConditionFinding found{.reason = VerdictReason::stuck};
    found.note << "axis " << kAxis[axis]
               << ": tones and rounding, no noise of a machine or a sensor: check what it is connected to";
    return found;
  }
  return {};
}

ConditionFinding judge_condition(const Measurement& measured,
                                 std::span<const std::unique_ptr<FeatureBaseline>> learned,
                                 const LearnedMeans& means) {
  TORPOR_ASSERT(learned.size() == measured.axes, "condition.one_baseline_for_each_axis");
  const LevelShift shift = level_shift(measured, learned);
  ConditionFinding found = gain_changed(shift, measured.mean_g, means);
  if (found.reason == VerdictReason::none) found = axes_swapped(measured, learned);
  if (found.reason == VerdictReason::none) found = turned(measured.mean_g, means, measured.axes);
  return found;
}

}  // namespace torpor
