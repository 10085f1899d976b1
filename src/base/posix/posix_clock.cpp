// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_clock.h"

#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/posix/posix_files.h"

namespace torpor {
namespace {

std::int64_t read_ns(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Speed in exact thousandths keeps products exact and equal in both roles.
std::int64_t permille_of(double speed) { return static_cast<std::int64_t>(std::llround(speed * 1000)); }

std::int64_t scaled(std::int64_t ns, double speed) {
  if (speed == 1) return ns;
  const std::int64_t permille = permille_of(speed);
  // Whole thousands first, then the rest: exact, and ns * permille would leave 64 bits after half a day of
  // uptime at 200 times.
  return ns / 1000 * permille + ns % 1000 * permille / 1000;
}

}  // namespace

PosixClock::PosixClock(double speed, WallTime wall_origin, bool declared)
    : speed_(speed),
      // Only the scaled wall clock counts from here; boottime has its zero at boot, so that both roles agree
      // on it without an origin in HELLO (docs/decisions.md).
      boot_at_start_ns_(scaled(read_ns(CLOCK_BOOTTIME), speed)),
      wall_origin_(wall_origin),
      declared_(declared) {}

PosixClock PosixClock::unscaled() {
  return PosixClock(1, WallTime(Duration(read_ns(CLOCK_REALTIME))), false);
}

Result<PosixClock> PosixClock::make(double speed, std::optional<WallTime> wall_origin) {
  // Half the range, because deadlines are added to a reading. In floating point, where the product that is
  // being judged cannot overflow.
  const double up_to = static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 2;
  // Negated, so that a speed that is no number is refused.
  if (!(speed >= 1 && speed <= kMaxSpeed) || static_cast<double>(read_ns(CLOCK_BOOTTIME)) * speed > up_to) {
    return Error{.reason = Reason::usage}
        .at("--speed")
        .saw(std::isfinite(speed) ? static_cast<std::int64_t>(std::clamp(speed, -1e9, 1e9)) : 0)
        .want("1 to ", static_cast<int>(kMaxSpeed));
  }
  return PosixClock(speed, wall_origin.value_or(WallTime(Duration(read_ns(CLOCK_REALTIME)))),
                    speed != 1 && wall_origin.has_value());
}

TimeStamp PosixClock::now() const {
  TimeStamp stamp;
  // Three readings one after the other, nanoseconds apart: who takes differences between them allows for
  // that (host_sleep.cpp).
  stamp.boot = BootTime(Duration(scaled(read_ns(CLOCK_BOOTTIME), speed_)));
  stamp.mono = MonoTime(Duration(scaled(read_ns(CLOCK_MONOTONIC), speed_)));
  stamp.wall = speed_ == 1 ? WallTime(Duration(read_ns(CLOCK_REALTIME)))
                           : wall_origin_ + (stamp.boot - BootTime(Duration(boot_at_start_ns_)));
  // The kernel's word says nothing about a time that was made up.
  if (declared_) {
    stamp.synchronised = true;
    return stamp;
  }
  timex kernel{};
  const int state = ::adjtimex(&kernel);
  stamp.synchronised = state >= 0 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
  return stamp;
}

ProcessUse PosixClock::process_use() const {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  // The process's whole CPU time, of all its threads: a backend that starts some is charged for them. Never
  // scaled, see real().
  return {.cpu = Duration(read_ns(CLOCK_PROCESS_CPUTIME_ID)),
          .voluntary_switches = static_cast<std::uint64_t>(use.ru_nvcsw)};
}

Duration PosixClock::real(Duration span) const {
  if (speed_ == 1) return span;
  // Whole speeds first: a span times 1000 would leave 64 bits after a hundred days.
  const std::int64_t permille = permille_of(speed_);
  const std::int64_t rest = span.count() % permille * 1000;
  const std::int64_t half = rest < 0 ? -(permille / 2) : permille / 2;
  return Duration(span.count() / permille * 1000 + (rest + half) / permille);
}

std::int64_t PosixClock::kernel_boottime_ns(BootTime t) const {
  if (speed_ == 1) return to_ns(t);
  const std::int64_t permille = permille_of(speed_);
  // The quotient loses less than a unit, so that the loop takes a step or two.
  // Smallest kernel time whose scaled value is not before t.
  std::int64_t ns = to_ns(t) / permille * 1000 + to_ns(t) % permille * 1000 / permille;
  while (scaled(ns, speed_) < to_ns(t)) ++ns;
  return ns;
}

FixedString<36> read_boot_id() {
  PosixFiles files;
  auto raw = files.read("/proc/sys/kernel/random/boot_id", 64);
  // A UUID has 36 characters. "unknown" equals itself: without /proc every start looks like the same boot,
  // and times before it are then found by the clock that went back.
  if (!raw || raw->size() < 36) return "unknown";
  return as_text(Bytes(*raw).first(36));
}

}  // namespace torpor
