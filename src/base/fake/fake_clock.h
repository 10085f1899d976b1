// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/assertion.h"
#include "base/clock.h"

namespace torpor {

// Stepped time: moves only when told, never backwards (a step back ends the program).
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime wall = WallTime(std::chrono::seconds(1'800'000'000))) {
    stamp_.wall = wall;
    stamp_.synchronised = true;
  }
  TimeStamp now() const override { return stamp_; }
  ProcessUse process_use() const override { return use_; }
  Duration real(Duration span) const override { return span; }
  void advance(Duration by) {
    TORPOR_ASSERT(by >= Duration::zero(), "fake_clock.time_never_goes_back");
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
