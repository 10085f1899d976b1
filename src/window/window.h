// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"

// What sensing hands on. Freestanding.
namespace torpor {

inline constexpr std::size_t kMaxFrameSamples = 2048;  // all axes together
inline constexpr std::size_t kMaxBlocks = 128;         // contiguous pieces in one window
inline constexpr std::size_t kMaxWindowFrames = 512;   // frames a source may cut one window into

// Consecutive samples of all axes, as they travel over the link. A view: the samples
// belong to whoever made the frame and live until the call that got it returns.
struct Frame {
  std::uint64_t window_id = 0;
  std::uint32_t sequence = 0;   // from 0 in each window, +1 per frame
  std::int64_t capture_ns = 0;  // sampler's monotonic clock at the first sample
  std::uint32_t sensor = 0;     // index into Contract::terms().sensors()
  std::uint32_t rate_mhz = 0;   // as the sensor claims it
  std::int64_t scale_pg = 0;    // pico-g per LSB
  std::uint32_t axes = 0;
  bool starts_block = false;              // true: not contiguous with the sample before (recordings)
  std::span<const std::int16_t> samples;  // interleaved: x0 y0 z0 x1 ..; size = n * axes
};

// Machine state the sampler knows; 0 = unknown, except for the temperature.
struct Context {
  std::uint32_t rpm_milli = 0;  // shaft speed, milli-rpm
  std::uint32_t load_permille = 0;
  std::int32_t temperature_mdeg = INT32_MIN;  // milli-degrees C; INT32_MIN = unknown
};

// One cycle's samples of one sensor, complete and gap-free inside each block. A view
// into the queue's memory: valid until the queue is touched again.
struct Window {
  std::uint64_t id = 0;
  std::uint32_t sensor = 0;
  std::uint32_t rate_mhz = 0;
  std::uint32_t axes = 0;
  std::int64_t scale_pg = 0;
  std::span<const std::int16_t> samples;        // interleaved
  std::span<const std::uint32_t> block_starts;  // per-axis sample index of each block; [0] == 0
  Context context;

  std::size_t samples_per_axis() const { return axes == 0 ? 0 : samples.size() / axes; }
};

enum class DropReason : std::uint8_t { depth, bytes, age, gap, epoch };
inline constexpr std::size_t kDropReasons = 5;
std::string_view name(DropReason reason);
using DropCounts = std::array<std::uint64_t, kDropReasons>;  // frames, by DropReason

// What the checks say of a window before anyone infers from it.
enum class WindowQuality : std::uint8_t {
  good,
  incomplete,    // a gap, or fewer samples than the contract's window
  not_a_number,  // the sensor marked samples invalid (INT16_MIN)
  stuck,         // an axis whose RMS lies below the declared noise floor, or constant
  wrong_rate,    // measured from capture times, more than 2 % off the contract's rate
  saturated,     // samples at full scale: a shock or severe damage, its own verdict
};
inline constexpr std::size_t kWindowQualities = 6;
std::string_view name(WindowQuality quality);

}  // namespace torpor
