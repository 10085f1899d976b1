// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace torpor {

inline constexpr double kMaxSpeed = 200;

// The kernel's clocks, or the same ones made to run `speed` times faster for a
// demonstration: t = speed x CLOCK_BOOTTIME. Boot itself is the common origin, so two
// processes of one computer that agree on the speed agree on the time.
//
// CPU time stays real. Wall time of a scaled clock starts at `wall_origin` (now, where
// none is given) and runs at the same speed, so that a fast run need not date anything
// in the future. A wall time that was given to a scaled clock is by definition right: it
// reads as synchronised, whatever keeps the kernel's.
class PosixClock final : public Clock {
 public:
  // usage: speed outside 1..kMaxSpeed, or so high that boottime would not fit 64 bits.
  static Result<PosixClock> make(double speed, std::optional<WallTime> wall_origin);
  static PosixClock unscaled();

  TimeStamp now() const override;
  ProcessUse process_use() const override;
  Duration real(Duration span) const override;
  double speed() const { return speed_; }
  // The kernel's CLOCK_BOOTTIME at which this clock reads `t`, rounded up: a sleep until
  // then is never too short.
  std::int64_t kernel_boottime_ns(BootTime t) const;

 private:
  PosixClock(double speed, WallTime wall_origin, bool declared);
  double speed_;
  std::int64_t boot_at_start_ns_;
  WallTime wall_origin_;
  bool declared_;  // scaled, and its wall time was given
};

// Random id of this boot as the kernel gives it, "unknown" where there is none.
FixedString<36> read_boot_id();

}  // namespace torpor
