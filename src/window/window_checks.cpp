// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window_checks.h"

#include <algorithm>
#include <limits>

#include "base/assertion.h"

namespace torpor {
namespace {

constexpr std::int16_t kInvalid = std::numeric_limits<std::int16_t>::min();
constexpr std::int32_t kRail = std::numeric_limits<std::int16_t>::max();

// Largest r with r * r <= value.
std::uint32_t integer_sqrt(std::uint64_t value) {
  std::uint64_t root = 0;
  // Bit by bit from the top: thirty-two steps, no division, no libm.
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t tried = root | bit;
    if (tried * tried <= value) root = tried;
  }
  return static_cast<std::uint32_t>(root);
}

// The sample value from which an axis is at full scale: 99 % of the contract's full scale
// or of the rail.
std::int32_t full_scale_lsb(const SensorTerms& terms, std::int64_t scale_pg) {
  TORPOR_ASSERT(scale_pg > 0, "window.a_scale_was_checked_before");
  // full_scale_mg is below 2^32, so times 10^9 it stays inside 64 bits. mg to pg.
  const std::int64_t declared = std::int64_t{terms.full_scale_mg} * 1'000'000'000 / scale_pg;
  return static_cast<std::int32_t>(std::min<std::int64_t>(declared, kRail) * 99 / 100);
}

struct AxisFacts {
  bool saturated = false, stuck = false, invalid = false;
};

AxisFacts look_at(std::span<const std::int16_t> samples, std::size_t axis, std::int64_t scale_pg,
                  const SensorTerms& terms) {
  AxisFacts facts;
  const std::int32_t limit = full_scale_lsb(terms, scale_pg);
  std::uint64_t high = 0, count = 0;
  std::int16_t least = kRail, most = kInvalid;
  for (std::size_t i = axis; i < samples.size(); i += terms.axes) {
    const std::int16_t x = samples[i];
    ++count;
    // Left out of all else: as a number it would be the rail.
    if (x == kInvalid) {
      facts.invalid = true;
      continue;
    }
    least = std::min(least, x);
    most = std::max(most, x);
    if (x >= limit || x <= -limit) ++high;
  }
  // Also where no sample was valid: then least was never lowered.
  const bool constant = least >= most;
  // 2^24 times kMaxScalePg is below 2^61.
  const std::int64_t rms_pg = static_cast<std::int64_t>(rms_q8(samples, axis, terms.axes)) * scale_pg / 256;
  facts.stuck = constant || rms_pg < std::int64_t{terms.noise_floor_ug} * 1'000'000;
  // A constant at the rail is stuck (window_checks.h): nothing moves it.
  facts.saturated = !constant && high * 1000 > count * kSaturatedPermille;
  return facts;
}

}  // namespace

std::uint32_t rms_q8(std::span<const std::int16_t> samples, std::size_t axis, std::size_t stride) {
  TORPOR_ASSERT(axis < stride, "window.an_axis_is_one_of_the_sensors");
  std::int64_t sum = 0, count = 0;
  for (std::size_t i = axis; i < samples.size(); i += stride) {
    sum += samples[i];
    ++count;
  }
  if (count == 0) return 0;
  // Around a whole-number mean first, so that nothing grows past 64 bits; what rounding the
  // mean left is taken off the variance afterwards.
  const std::int64_t mean = sum / count;
  std::uint64_t squares = 0;
  for (std::size_t i = axis; i < samples.size(); i += stride) {
    const std::int64_t d = samples[i] - mean;
    squares += static_cast<std::uint64_t>(d * d);
  }
  const auto n = static_cast<std::uint64_t>(count);
  // The quotient first, the rest apart: squares << 16 alone would not fit.
  const std::uint64_t variance_q16 = ((squares / n) << 16) + ((squares % n) << 16) / n;
  const std::int64_t rest_q8 = (sum - mean * count) * 256 / count;
  const auto rest_q16 = static_cast<std::uint64_t>(rest_q8 * rest_q8);
  return integer_sqrt(variance_q16 > rest_q16 ? variance_q16 - rest_q16 : 0);
}

WindowQuality check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms) {
  TORPOR_ASSERT(terms.axes > 0 && samples.size() % terms.axes == 0, "window.samples_are_whole");
  AxisFacts any;
  for (std::size_t axis = 0; axis < terms.axes; ++axis) {
    const AxisFacts facts = look_at(samples, axis, scale_pg, terms);
    any.saturated |= facts.saturated;
    any.invalid |= facts.invalid;
    any.stuck |= facts.stuck;
  }
  // A shock first, in every axis: one axis that is stuck must not hide it.
  if (any.saturated) return WindowQuality::saturated;
  if (any.invalid) return WindowQuality::not_a_number;
  return any.stuck ? WindowQuality::stuck : WindowQuality::good;
}

bool rate_holds(std::uint64_t samples, std::int64_t first_ns, std::int64_t last_ns, std::uint32_t rate_mhz) {
  // Times that run backwards or stand still are no rate.
  if (rate_mhz == 0 || last_ns <= first_ns) return false;
  // In microseconds: a window of samples times 10^9 stays inside 64 bits.
  const std::uint64_t expected_us = samples * 1'000'000'000 / rate_mhz;
  const auto measured_us =
      (static_cast<std::uint64_t>(last_ns) - static_cast<std::uint64_t>(first_ns)) / 1000;
  const std::uint64_t off = measured_us > expected_us ? measured_us - expected_us : expected_us - measured_us;
  // Divided, not multiplied: the peer chose the capture times.
  // One microsecond for the rounding of both.
  return off <= expected_us / 100 * kRateTolerancePercent + 1;
}

}  // namespace torpor
