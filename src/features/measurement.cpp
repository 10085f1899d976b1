// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "features/measurement.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {
namespace {

// int16 -> g
float scale_g(const Window& window) {
  return static_cast<float>(static_cast<double>(window.scale_pg) * 1e-12);
}

}  // namespace

bool Measurement::complete() const {
  if (axes == 0) return false;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    if (raw[axis].empty()) return false;
    // A weight of 0 would be refused by the baseline after other axes had taken the same window.
    for (const RawFeatures& subframe : raw[axis])
      if (!(subframe.weight > 0)) return false;
  }
  return true;
}

WindowMeasurer::WindowMeasurer(const SensorTerms& sensor, std::size_t window_samples)
    : rate_mhz_(sensor.rate_mhz),
      samples_per_subframe_(subframe_samples(sensor.rate_mhz)),
      cutter_(samples_per_subframe_, window_samples),
      envelope_(sensor.rate_mhz * 1e-3, sensor.axes, window_samples),
      subframes_per_axis_(cutter_.max_subframes()),
      raw_(sensor.axes * subframes_per_axis_) {}

Status WindowMeasurer::prepare(FeatureExtractor::Speed speed) {
  if (extractor_ && prepared_for_ == speed) return {};
  extractor_.reset();  // before the next is made: two at a time would be twice the memory
  TORPOR_TRY(FeatureExtractor made,
             FeatureExtractor::prepare(rate_mhz_, static_cast<std::uint32_t>(samples_per_subframe_), speed));
  extractor_.emplace(std::move(made));
  prepared_for_ = speed;
  return {};
}

Result<const Measurement*> WindowMeasurer::measure(const Window& window, FeatureExtractor::Speed speed) {
  TORPOR_CHECK(prepare(speed));
  // Emptied first: a window that cannot be measured must not show the numbers of the one before.
  Measurement& m = measurement_;
  m = {};
  m.axes = window.axes;
  // In one precision throughout: tokens are the same bits on every host.
  m.shaft_hz = static_cast<float>(window.context.rpm_milli) / 60'000.0f;
  TORPOR_ASSERT(std::size_t{window.axes} * subframes_per_axis_ <= raw_.size(),
                "features.a_window_has_the_axes_of_its_sensor");
  for (std::size_t axis = 0; axis < window.axes; ++axis) {
    RawFeatures* const first = &raw_[axis * subframes_per_axis_];
    std::size_t taken = 0;
    // Without a piece long enough the place is used again: taken counts what was measured.
    for (const SubFrame& sub : cutter_.cut(window, axis))
      if (extractor_->extract(sub.pieces, scale_g(window), m.shaft_hz, first[taken])) ++taken;
    m.raw[axis] = {first, taken};
  }
  // The indicators read the spectra: in this order.
  // No segment is no error: every reader of the spectra asks for `segments` first.
  (void)envelope_.compute(window);
  m.envelope = &envelope_;
  m.indicators = compute_indicators(window, envelope_, indicator_work_);
  return &measurement_;
}

}  // namespace torpor
