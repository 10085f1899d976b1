// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <array>

#include "window/frame_queue.h"

namespace torpor {

// Makes the one window of a cycle out of the queue, and says whether it may be believed.
// Freestanding, no heap. One thread. Holds references: contract and queue outlive it.
class WindowAssembler {
 public:
  WindowAssembler(const Contract& contract, std::uint32_t sensor, FrameQueue& queue);

  // What the sampler said about the machine in that window; kept for the window it belongs
  // to, ignored for any other.
  void set_context(std::uint64_t window_id, const Context& context);

  // All samples of the window are there: take_latest would not say incomplete for want of
  // them.
  [[nodiscard]] bool complete() const;

  // `window` is empty (no samples) when quality is incomplete, and whole otherwise: a
  // saturated or stuck window can still be looked at. Its rate is the contract's, never the
  // peer's claim; its scale is the sensor's. Where several checks fail, the first of these is
  // named: incomplete, saturated, wrong_rate, not_a_number, stuck.
  struct Taken {
    WindowQuality quality = WindowQuality::incomplete;
    Window window;
  };
  // The newest window's worth of contiguous samples of this window; everything else the
  // queue holds is dropped and counted. The view is valid until the queue is touched again.
  Taken take_latest(std::uint64_t window_id, BootTime now);

 private:
  const SensorTerms& terms_;
  std::uint32_t sensor_;
  std::size_t samples_;  // per axis, the contract's window
  FrameQueue& queue_;
  std::optional<std::uint64_t> context_window_;
  Context context_;
  std::array<std::uint32_t, kMaxBlocks> block_starts_{};
};

}  // namespace torpor
