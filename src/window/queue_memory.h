// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "window/frame_queue.h"

namespace torpor {

// The memory of one FrameQueue on a computer: allocated here, once, for all that the
// contract allows. Hosted only; firmware gives static arrays instead.
class QueueMemory {
 public:
  explicit QueueMemory(const Contract& contract)
      : samples_(FrameQueue::samples_needed(contract)), slots_(FrameQueue::slots_needed(contract)) {}
  FrameQueue::Memory memory() { return {samples_, slots_}; }

 private:
  std::vector<std::int16_t> samples_;
  std::vector<FrameQueue::Slot> slots_;
};

}  // namespace torpor
