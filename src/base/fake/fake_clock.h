// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/clock.h"

namespace torpor {

// Stepped time: moves only when told, never backwards (a step back traps).
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime wall = WallTime(std::chrono::seconds(1'800'000'000))) {
    stamp_.wall = wall;
    stamp_.synchronised = true;
  }
  TimeStamp now() const override { return stamp_; }
  ProcessUse process_use() const override { return use_; }
  void advance(Duration by) {
    if (by < Duration::zero()) __builtin_trap();
    stamp_.boot += by;
    stamp_.mono += by;
    stamp_.wall += by;
  }
  void advance_to(BootTime t) { advance(t - stamp_.boot); }
  // Suspended: boottime and wall go on, monotonic stands still.
  void suspend(Duration by) {
    advance(by);
    stamp_.mono -= by;
  }
  void use_cpu(Duration by) { use_.cpu += by; }
  void step_wall(Duration by) { stamp_.wall += by; }
  void set_synchronised(bool yes) { stamp_.synchronised = yes; }

 private:
  TimeStamp stamp_{};
  ProcessUse use_{};
};

}  // namespace torpor
