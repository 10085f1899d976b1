// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window_checks.h"

#include <algorithm>

#include "base/assertion.h"
#include "window/code_checks.h"

namespace torpor {
namespace {

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
  return static_cast<std::int32_t>(std::min<std::int64_t>(declared, kSampleRail) * 99 / 100);
}

constexpr std::string_view kAxis[kMaxAxes] = {"axis x: ", "axis y: ", "axis z: "};
using Note = FixedString<120>;

// "16.000 g" of micro-g.
void put_g(Note& note, std::int64_t ug) {
  const std::int64_t mg = (ug < 0 ? -ug : ug) / 1000;
  note << (ug < 0 ? "-" : "") << mg / 1000 << ".";
  note << mg / 100 % 10 << mg / 10 % 10 << mg % 10 << " g";
}

// The checks of one axis, each told by whether it finds something and what.
class AxisCheck {
 public:
  AxisCheck(std::span<const std::int16_t> samples, std::size_t axis, std::int64_t scale_pg,
            const SensorTerms& terms)
      : terms_(terms),
        scale_pg_(scale_pg),
        axis_(axis),
        limit_(full_scale_lsb(terms, scale_pg)),
        x_(samples, axis, terms.axes),
        range_(range_of(samples, axis, terms.axes)) {
    count_extremes();
    rail_ = rail_of(x_, range_);
    // What stands at full scale is no other rail.
    if (rail_ && (rail_->code >= limit_ || rail_->code <= -limit_)) rail_.reset();
  }

  SampleFinding stuck_bit() const {
    const auto found = torpor::stuck_bit(x_, range_);
    if (!found) return {};
    SampleFinding finding = start(WindowQuality::stuck_bit);
    if (found->with_next) {
      finding.note << "bits " << found->bit << " and " << found->bit + 1
                   << " never differ: are its bytes swapped?";
    } else {
      finding.note << "bit " << found->bit << " never changes: check the converter and its wiring";
    }
    return finding;
  }
  SampleFinding held() const {
    const HeldSamples found = held_samples(x_, range_);
    if (!is_held(found, x_.count())) return {};
    SampleFinding finding = start(WindowQuality::held);
    finding.note << "of " << x_.count() << " samples " << found.held
                 << " or more are the one before again: is it read faster than it measures?";
    return finding;
  }
  SampleFinding spikes() const {
    // As many others as far out may be one shock's aliases with them.
    if (spikes_ < kMinSpikes || 4 * spikes_ < 3 * as_far_out_) return {};
    SampleFinding finding = start(WindowQuality::spikes);
    finding.note << spikes_ << " single samples from ";
    put_g(finding.note, ug(least_spike_));
    finding.note << " on, their neighbours not: check its wiring";
    return finding;
  }
  SampleFinding saturated() const {
    // A constant at the rail is stuck (window_checks.h): nothing moves it.
    if (range_.constant()) return {};
    if (high_ * 1000 > x_.count() * kSaturatedPermille) return {.quality = WindowQuality::saturated};
    if (!rail_ || !impulsive()) return {};
    return on_rail(WindowQuality::saturated);
  }
  SampleFinding not_a_number() const {
    if (invalid_ == 0) return {};
    SampleFinding finding = start(WindowQuality::not_a_number);
    finding.note << invalid_ << " samples are marked as invalid";
    return finding;
  }
  SampleFinding stuck() const {
    SampleFinding finding = start(WindowQuality::stuck);
    if (range_.constant()) {
      finding.note << "it never changes";
      return finding;
    }
    // 2^24 times kMaxScalePg is below 2^61.
    const std::int64_t rms_ug = std::int64_t{range_.rms_q8} * scale_pg_ / 256 / 1'000'000;
    if (rms_ug >= std::int64_t{terms_.noise_floor_ug}) return {};
    finding.note << "RMS " << rms_ug << " ug, below the noise floor of " << terms_.noise_floor_ug << " ug";
    return finding;
  }
  SampleFinding clipped() const {
    if (!rail_ || impulsive()) return {};
    return on_rail(WindowQuality::clipped);
  }

 private:
  SampleFinding start(WindowQuality quality) const {
    SampleFinding finding{.quality = quality};
    finding.note << kAxis[axis_];
    return finding;
  }
  SampleFinding on_rail(WindowQuality quality) const {
    SampleFinding finding = start(quality);
    finding.note << rail_->samples << " of " << x_.count() << " samples at ";
    put_g(finding.note, ug(rail_->code));
    finding.note << ", below the full scale of ";
    put_g(finding.note, std::int64_t{terms_.full_scale_mg} * 1000);
    finding.note << ": check its range";
    return finding;
  }
  std::int64_t ug(std::int32_t code) const { return code * scale_pg_ / 1'000'000; }
  std::int32_t out(std::size_t i) const {
    return x_[i] > range_.mean ? x_[i] - range_.mean : range_.mean - x_[i];
  }
  bool impulsive() const {
    const std::int64_t away =
        rail_->code > range_.mean ? rail_->code - range_.mean : range_.mean - rail_->code;
    return away * 256 >= std::int64_t{kImpulsiveCrest} * range_.rms_q8;
  }
  void count_extremes() {
    for (std::size_t i = 0; i < x_.count(); ++i) {
      if (x_[i] == kInvalidSample) {
        ++invalid_;
      } else if (is_spike(x_, i)) {
        least_spike_ = ++spikes_ == 1 ? out(i) : std::min(least_spike_, out(i));
      } else if (x_[i] >= limit_ || x_[i] <= -limit_) {
        ++high_;
      }
    }
    if (spikes_ < kMinSpikes) return;
    for (std::size_t i = 0; i < x_.count(); ++i)
      if (x_[i] != kInvalidSample && out(i) >= least_spike_) ++as_far_out_;
  }

  const SensorTerms& terms_;
  std::int64_t scale_pg_;
  std::size_t axis_;
  std::int32_t limit_;
  AxisView x_;
  AxisRange range_;
  std::optional<Rail> rail_;
  std::uint64_t high_ = 0, spikes_ = 0, as_far_out_ = 0;
  std::uint64_t invalid_ = 0;
  std::int32_t least_spike_ = 0;
};

using Check = SampleFinding (AxisCheck::*)() const;
// In the order of sensor_checks.def.
constexpr Check kChecks[] = {&AxisCheck::stuck_bit, &AxisCheck::held,         &AxisCheck::spikes,
                             &AxisCheck::saturated, &AxisCheck::not_a_number, &AxisCheck::stuck,
                             &AxisCheck::clipped};

SampleFinding repeat_finding(const RepeatFinder::Repeat& repeat) {
  SampleFinding finding{.quality = WindowQuality::repeating};
  finding.note << kAxis[repeat.axis] << kStretch << " samples ";
  if (repeat.windows_ago == 0) {
    finding.note << "come again " << repeat.distance << " samples later";
  } else {
    finding.note << "of " << repeat.windows_ago << " windows ago come again";
  }
  finding.note << " bit for bit: an old buffer is handed out";
  return finding;
}

// By itself, without what no single window shows.
SampleFinding check_axes(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                         const SensorTerms& terms) {
  SampleFinding first;
  std::size_t rank = std::size(kChecks);
  for (std::size_t axis = 0; axis < terms.axes; ++axis) {
    const AxisCheck check(samples, axis, scale_pg, terms);
    for (std::size_t i = 0; i < rank; ++i) {
      const SampleFinding finding = (check.*kChecks[i])();
      if (finding.quality == WindowQuality::good) continue;
      first = finding;
      rank = i;
    }
  }
  return first;
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

SampleFinding check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms, RepeatFinder& repeats) {
  TORPOR_ASSERT(terms.axes > 0 && samples.size() % terms.axes == 0, "window.samples_are_whole");
  if (const auto repeat = repeats.look(samples, terms.axes)) return repeat_finding(*repeat);
  return check_axes(samples, scale_pg, terms);
}

WindowQuality check_samples(std::span<const std::int16_t> samples, std::int64_t scale_pg,
                            const SensorTerms& terms) {
  RepeatFinder none;
  return check_samples(samples, scale_pg, terms, none).quality;
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
