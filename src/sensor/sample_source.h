// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "window/window.h"

namespace torpor {

// What a source says of itself; the same for its whole life.
struct SensorFacts {
  std::uint32_t sensor = 0;    // index into Contract::terms().sensors()
  std::uint32_t rate_mhz = 0;  // milli-Hz per axis, as the frames will claim it
  std::uint32_t axes = 0;      // 1..kMaxAxes
  std::int64_t scale_pg = 0;   // pico-g per LSB
};

// What one poll gives.
struct SourceStep {
  // The oldest frame not handed out yet, when it exists by now. Its samples belong to the
  // source and live until the next call to it.
  std::optional<Frame> frame;
  // When to poll next: at once (<= now) while more frames exist already, else the moment
  // the next one will be complete; max() when the window has had all its samples, or none
  // was started.
  BootTime next = BootTime::max();
};

// The seam between a sensor and the sampler role: something that makes frames, a window
// at a time and only when asked. Implementations: src/sensor (recording, simulated
// bearing, Linux IIO). Called by one thread; never blocks, never sleeps, reads no clock of
// its own; no heap after construction.
//
// Frames of one window:
//  - Frame::window_id is the id given to start(), Frame::sequence counts from 0 by one. A
//    source that lost samples leaves a hole in the sequence: the window is then rejected
//    downstream, so it need not make up samples.
//  - Together they carry exactly the samples per axis that were asked for; the last frame
//    may be short. A frame holds at most kMaxFrameSamples values (all axes) and a window at
//    most kMaxWindowFrames frames.
//  - Frame::capture_ns is the sampler's monotonic clock (TimeStamp::mono) at the frame's
//    first sample, and moves on at the rate of the samples, across block borders too: a
//    recording of gathered blocks is played as if sampled now. The receiver measures the
//    rate by it and calls 2 % off a sensor fault.
//  - Frame::starts_block marks the first frame of each contiguous piece of a recording; no
//    frame crosses a border, at most kMaxBlocks pieces in one window.
//  - INT16_MIN marks an invalid sample.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  virtual SensorFacts describe() const = 0;

  // Begins a window of `samples` per axis, the first of them taken at `now`. A window that
  // still runs is given up: none of its frames comes out of poll() any more.
  virtual Status start(std::uint64_t window_id, std::uint32_t samples, const TimeStamp& now) = 0;

  // The next frame, if it exists by `now`. An error ends the sampler with the exit code of
  // its reason. Called late, it hands out what came meanwhile, one frame a call.
  virtual Result<SourceStep> poll(const TimeStamp& now) = 0;

  // Gives the running window up and lets the sensor rest. Nothing to do: fine.
  virtual void stop() = 0;

  // What is known about the machine during the running (or else the last) window.
  virtual Context context() const = 0;

  // No further window can be filled: a recording is used up. True as soon as it is known,
  // at the latest when the last frame of the last window has been handed out; false for
  // ever for a real sensor. start() is not called after that.
  [[nodiscard]] virtual bool ended() const = 0;
};

}  // namespace torpor
