// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <span>

#include "sensor/sample_source.h"

namespace torpor {

// The part of SampleSource that is the same for every source that makes its samples up or
// plays them back: when each frame is complete, its number and its capture time. Exact
// integer arithmetic from the start of the window, so that nothing drifts. No heap.
class FramePacer {
 public:
  explicit FramePacer(const SensorFacts& facts) : facts_(facts) {}

  void start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now);
  void stop() { left_ = 0; }
  [[nodiscard]] bool running() const { return left_ > 0; }
  std::uint32_t left() const { return left_; }  // samples per axis still to come
  std::uint32_t done() const { return done_; }  // samples per axis handed out

  // Samples per axis of the next frame when `contiguous` lie before the next block border.
  std::uint32_t next_samples(std::uint32_t contiguous) const;
  // When a next frame of that many samples will be complete. Never early.
  BootTime complete_at(std::uint32_t samples) const;
  // The frame, and on to the one after. `values` = samples x axes, owned by the caller.
  Frame take(std::span<const std::int16_t> values, bool starts_block);

 private:
  Duration offset(std::uint64_t samples) const;  // from the start of the window, rounded up
  SensorFacts facts_;
  std::uint64_t window_id_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint32_t left_ = 0;
  std::uint32_t done_ = 0;
  TimeStamp start_{};
};

}  // namespace torpor
