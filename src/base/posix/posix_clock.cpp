// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_clock.h"

#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>

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
  return ns / 1000 * permille + ns % 1000 * permille / 1000;
}

}  // namespace

PosixClock::PosixClock(double speed, WallTime wall_origin, bool declared)
    : speed_(speed),
      boot_at_start_ns_(scaled(read_ns(CLOCK_BOOTTIME), speed)),
      wall_origin_(wall_origin),
      declared_(declared) {}

PosixClock PosixClock::unscaled() {
  return PosixClock(1, WallTime(Duration(read_ns(CLOCK_REALTIME))), false);
}

Result<PosixClock> PosixClock::make(double speed, std::optional<WallTime> wall_origin) {
  const double up_to = static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 2;
  if (!(speed >= 1 && speed <= kMaxSpeed) || static_cast<double>(read_ns(CLOCK_BOOTTIME)) * speed > up_to) {
    Error error{.reason = Reason::usage, .where = "--speed"};
    error.found << static_cast<std::int64_t>(speed);
    error.expected << "1 to " << static_cast<int>(kMaxSpeed);
    return error;
  }
  return PosixClock(speed, wall_origin.value_or(WallTime(Duration(read_ns(CLOCK_REALTIME)))),
                    speed != 1 && wall_origin.has_value());
}

TimeStamp PosixClock::now() const {
  TimeStamp stamp;
  stamp.boot = BootTime(Duration(scaled(read_ns(CLOCK_BOOTTIME), speed_)));
  stamp.mono = MonoTime(Duration(scaled(read_ns(CLOCK_MONOTONIC), speed_)));
  stamp.wall = speed_ == 1 ? WallTime(Duration(read_ns(CLOCK_REALTIME)))
                           : wall_origin_ + (stamp.boot - BootTime(Duration(boot_at_start_ns_)));
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
  // Smallest kernel time whose scaled value is not before t.
  std::int64_t ns = to_ns(t) / permille * 1000 + to_ns(t) % permille * 1000 / permille;
  while (scaled(ns, speed_) < to_ns(t)) ++ns;
  return ns;
}

FixedString<36> read_boot_id() {
  PosixFiles files;
  auto raw = files.read("/proc/sys/kernel/random/boot_id", 64);
  if (!raw || raw->size() < 36) return "unknown";
  return as_text(Bytes(*raw).first(36));
}

}  // namespace torpor
