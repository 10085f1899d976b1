// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <chrono>
#include <cstdint>

namespace torpor {

using Duration = std::chrono::nanoseconds;

// The three clocks of the design, as distinct types: a boottime deadline cannot be
// compared with a wall time by mistake. The tags have no now(): time comes from a Clock.
template <int Tag>
struct NamedClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<NamedClock>;
  static constexpr bool is_steady = Tag != 2;
};
using BootTime = NamedClock<0>::time_point;  // since boot, counts suspend
using MonoTime = NamedClock<1>::time_point;  // since boot, stands still in suspend
using WallTime = NamedClock<2>::time_point;  // since 1970-01-01 UTC; steps

// One reading of all clocks. `synchronised` is the kernel's word that wall time is kept
// by a time service; without it wall time is a guess.
struct TimeStamp {
  BootTime boot{};
  MonoTime mono{};
  WallTime wall{};
  bool synchronised = false;
};

// What this process has used since it started, from the kernel's own counters: real,
// never scaled.
struct ProcessUse {
  Duration cpu{};
  std::uint64_t voluntary_switches = 0;  // times it gave up the processor to wait
};

// The seam through which every stage learns the time. Implementations: PosixClock (real
// and scaled, base/posix/posix_clock.h), FakeClock (stepped, base/fake/fake_clock.h).
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeStamp now() const = 0;
  virtual ProcessUse process_use() const = 0;
  // What a span of this clock lasted for a processor: span / speed, rounded to nearest; the span itself on a
  // real or a stepped clock.
  virtual Duration real(Duration span) const = 0;
};

inline double seconds_of(Duration span) { return std::chrono::duration<double>(span).count(); }
inline std::int64_t to_ns(BootTime t) { return t.time_since_epoch().count(); }
inline std::int64_t to_ns(MonoTime t) { return t.time_since_epoch().count(); }
inline std::int64_t to_ns(WallTime t) { return t.time_since_epoch().count(); }

}  // namespace torpor
