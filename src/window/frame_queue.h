// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "contract/contract.h"
#include "window/window.h"

namespace torpor {

// The bounded queue both roles run: the sampler between sensor and link, the detector
// between link and network. It can never become a backlog:
//
//   epoch  it holds frames of one window only, the one begin() named; a frame of any other
//          window is dropped on arrival, and what is held goes when a new one begins
//   depth  at most contract.queue.batches windows' worth of samples, and as many frames as
//          there are slots
//   bytes  at most contract.queue.bytes of samples, kernel buffers included
//   age    nothing that arrived longer ago than contract.queue.age_ms
//   gap    what is held is one contiguous run: after a hole in the sequence, or a frame
//          that claims another rate or scale, the frames before it can never become a
//          window (a window is not spliced) and go
//
// Over a bound the oldest frames go and the newest stay. Every frame that came in is
// accounted for: pushed() == held_frames() + consumed() + the sum of drops().
//
// Freestanding, no heap: the memory is the caller's and outlives the queue (on a computer
// see window/queue_memory.h). One thread. Cost: push and pop copy the frame; newest() turns
// the ring around in place when the run wraps, at most once a window.
class FrameQueue {
 public:
  // A held frame without its samples.
  struct Slot {
    std::int64_t arrived_ns = 0;  // boottime of push()
    std::int64_t capture_ns = 0;
    std::uint32_t values = 0;  // samples of all axes
    bool starts_block = false;
  };
  struct Memory {
    std::span<std::int16_t> samples;  // bytes beyond it are never held, whatever the contract allows
    std::span<Slot> slots;
  };
  // What to give for all that the contract allows.
  static std::size_t samples_needed(const Contract& contract);
  static std::size_t slots_needed(const Contract& contract);

  // `sensor` indexes contract.terms().sensors(); a wrong index is a bug. `bytes_elsewhere` is
  // what the link may hold on our behalf (UnixLink::buffer_bytes()) and is taken off the
  // contract's bytes. `contract` outlives the queue.
  FrameQueue(const Contract& contract, std::uint32_t sensor, Memory memory,
             std::uint32_t bytes_elsewhere = 0);

  // From now on this window is wanted and no other. Drops what is held (epoch).
  void begin(std::uint64_t window_id);
  // No window is wanted: every frame is dropped (epoch) until begin().
  void end();

  // Takes the frame in, or drops it and counts why; neither is an error. frame_refused: the
  // frame contradicts the contract (another sensor, other axes, no whole samples, a scale
  // that cannot be); it is counted in refused(), not in pushed().
  Status push(const Frame& frame, BootTime now);

  // The oldest frame, its samples copied to `into` (at least kMaxFrameSamples). Counted as
  // consumed.
  [[nodiscard]] std::optional<Frame> pop(std::span<std::int16_t> into, BootTime now);

  // The newest `samples_per_axis` of the run as one contiguous stretch, or an empty one when
  // the run is shorter. Either way the queue is empty afterwards: used frames count as
  // consumed, older ones as dropped by depth, a run too short as dropped by gap.
  // Slots and samples stay readable until the next push.
  struct Run {
    std::span<const std::int16_t> samples;  // interleaved
    std::size_t frames = 0;                 // slot(0) .. slot(frames - 1); the first may begin earlier
    std::uint32_t skipped_values = 0;       // values of slot(0) that lie before `samples`
    std::uint32_t rate_mhz = 0;
    std::int64_t scale_pg = 0;
  };
  Run newest(std::size_t samples_per_axis, BootTime now);
  const Slot& slot(std::size_t i) const { return memory_.slots[(first_slot_ + i) % memory_.slots.size()]; }

  [[nodiscard]] std::optional<std::uint64_t> window_id() const { return epoch_; }
  std::size_t held_frames() const { return frames_; }
  std::size_t held_bytes() const { return values_ * sizeof(std::int16_t); }
  std::size_t held_samples_per_axis() const { return values_ / axes_; }
  // The most bytes held since the last call, for the cycle report.
  std::size_t take_peak_bytes();
  std::uint64_t pushed() const { return pushed_; }
  std::uint64_t consumed() const { return consumed_; }
  std::uint64_t refused() const { return refused_; }
  const DropCounts& drops() const { return drops_; }  // ever rising
  std::uint64_t dropped() const;                      // their sum

 private:
  Status check(const Frame& frame) const;
  void assert_accounts() const;
  void drop_oldest(DropReason reason);
  void drop_all(DropReason reason);
  void expire(BootTime now);
  void release_oldest();
  void make_contiguous();

  Memory memory_;
  std::uint32_t sensor_;
  std::uint32_t axes_;
  std::size_t most_values_by_depth_;
  std::size_t most_values_by_bytes_;
  std::int64_t most_age_ns_;

  std::optional<std::uint64_t> epoch_;
  // The run: frames_ slots from first_slot_, values_ samples from first_value_, both rings.
  std::size_t first_slot_ = 0, frames_ = 0;
  std::size_t first_value_ = 0, values_ = 0;
  std::uint32_t next_sequence_ = 0;  // after the newest frame held
  std::uint32_t rate_mhz_ = 0;
  std::int64_t scale_pg_ = 0;

  std::size_t peak_values_ = 0;
  std::uint64_t pushed_ = 0, consumed_ = 0, refused_ = 0;
  DropCounts drops_{};
};

// A scale above this (0.1 g per LSB, 3277 g full scale) is no accelerometer of ours; the
// bound keeps the integer arithmetic of the checks inside 64 bits.
inline constexpr std::int64_t kMaxScalePg = 100'000'000'000;

}  // namespace torpor
