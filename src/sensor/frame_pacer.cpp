// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "sensor/frame_pacer.h"

#include <algorithm>

#include "base/assertion.h"

namespace torpor {

void FramePacer::start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) {
  TORPOR_ASSERT(facts_.rate_mhz > 0 && facts_.axes > 0, "sensor.a_source_has_a_rate_and_an_axis");
  window_id_ = window_id;
  sequence_ = 0;
  left_ = samples;
  done_ = 0;
  start_ = now;
}

std::uint32_t FramePacer::next_samples(std::uint32_t contiguous) const {
  // Whole samples of all axes.
  const auto most = static_cast<std::uint32_t>(kMaxFrameSamples / facts_.axes);
  return std::min({most, left_, contiguous});
}

// samples / (rate_mhz / 1000) seconds. In two steps so that no product overflows: samples
// and rate are below 2^32.
Duration FramePacer::offset(std::uint64_t samples) const {
  const std::uint64_t milli = samples * 1000;
  // milli is below 2^42: seconds stay exact, and only the rest is rounded.
  const std::uint64_t seconds = milli / facts_.rate_mhz;
  const std::uint64_t rest = milli % facts_.rate_mhz;
  // Rounded up: a frame must never be told complete before its last sample was taken.
  const std::uint64_t ns = (rest * 1'000'000'000 + facts_.rate_mhz - 1) / facts_.rate_mhz;
  return Duration(static_cast<std::int64_t>(seconds * 1'000'000'000 + ns));
}

BootTime FramePacer::complete_at(std::uint32_t samples) const {
  // From the window's start and not from the frame before: errors do not add up.
  return start_.boot + offset(std::uint64_t{done_} + samples);
}

Frame FramePacer::take(std::span<const std::int16_t> values, bool starts_block) {
  const auto n = static_cast<std::uint32_t>(values.size() / facts_.axes);
  TORPOR_ASSERT(values.size() % facts_.axes == 0, "sensor.a_frame_holds_whole_samples");
  TORPOR_ASSERT(n > 0 && n <= left_, "sensor.a_frame_is_part_of_the_window");
  Frame frame;
  frame.window_id = window_id_;
  frame.sequence = sequence_++;
  // On the monotonic clock, as the link has it; completion is on boottime, as waiting has it.
  frame.capture_ns = to_ns(start_.mono + offset(done_));
  frame.sensor = facts_.sensor;
  frame.rate_mhz = facts_.rate_mhz;
  frame.scale_pg = facts_.scale_pg;
  frame.axes = facts_.axes;
  frame.starts_block = starts_block;
  frame.samples = values;
  done_ += n;
  left_ -= n;
  return frame;
}

}  // namespace torpor
