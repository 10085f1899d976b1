// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/posix_host.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/posix/unique_fd.h"

namespace torpor {
namespace {

Error os_error(std::string_view what) {
  return Error{.reason = Reason::io_failed, .where = what, .os_code = errno};
}

// Arms the timer for `until`, or disarms it for BootTime::max().
bool arm(int timer, const PosixClock& clock, BootTime until) {
  itimerspec at{};
  if (until != BootTime::max()) {
    // Zero would disarm; a deadline at or before boot is simply due.
    const std::int64_t ns = std::max<std::int64_t>(1, clock.kernel_boottime_ns(until));
    at.it_value.tv_sec = ns / 1'000'000'000;
    at.it_value.tv_nsec = ns % 1'000'000'000;
  }
  return ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, nullptr) == 0;
}

}  // namespace

Result<int> run_role(Role& role, const PosixClock& clock, const PollSource& link) {
  sigset_t ends{};
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::sigaddset(&ends, SIGHUP);  // a terminal that went, or a supervisor's reload: both start anew
  // Before anything else: what is not blocked when the descriptor is made would still kill the process.
  if (::sigprocmask(SIG_BLOCK, &ends, nullptr) != 0) return os_error("sigprocmask");
  // A peer that is gone is an error of write(), which the role handles.
  std::signal(SIGPIPE, SIG_IGN);
  const UniqueFd signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  // CLOCK_BOOTTIME goes on through a suspend: a sleep that the machine slept through is due at once, where
  // CLOCK_MONOTONIC would add the time of the suspend.
  const UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!signals || !timer) return os_error("signalfd or timerfd");

  // Signals are blocked and read from a descriptor before the role first runs: a stop that comes
  // during its start is then waiting in poll(), not lost and not in the middle of a write.
  Step step = role.wake(Wake::start);
  while (!step.exit_code) {
    const Wait& wait = step.wait;
    // What is due is due before the timer is armed: a deadline in the past would cost a wake-up.
    if (wait.until != BootTime::max() && clock.now().boot >= wait.until) {
      step = role.wake(Wake::deadline);
      continue;
    }
    // Armed anew before each poll(), which also clears what expired: the timer is never read.
    if (!arm(timer.get(), clock, wait.until)) return os_error("timerfd_settime");
    short link_events = 0;
    if (wait.link_in) link_events |= POLLIN;
    if (wait.link_out) link_events |= POLLOUT;
    // A descriptor of -1 is ignored by poll(): during sleep a chattering peer wakes nobody.
    pollfd watched[] = {{signals.get(), POLLIN, 0},
                        {timer.get(), POLLIN, 0},
                        {link_events != 0 ? link.poll_fd() : -1, link_events, 0}};
    if (::poll(watched, 3, -1) < 0) {
      if (errno == EINTR) continue;
      return os_error("poll");
    }
    // A stop first, the link before the deadline: data that came in time is taken in time.
    if (watched[0].revents != 0) {
      signalfd_siginfo info{};
      // Taken out, or poll() would return for it at once ever after. Which signal it was makes no difference.
      [[maybe_unused]] const auto n = ::read(signals.get(), &info, sizeof info);
      step = role.wake(Wake::stop);
    } else if (watched[2].revents != 0) {
      step = role.wake(Wake::link);
    } else if (wait.until != BootTime::max() && clock.now().boot >= wait.until) {
      // The clock decides, not the timer's event: one that came a moment early is armed again.
      step = role.wake(Wake::deadline);
    }
  }
  return *step.exit_code;
}

}  // namespace torpor
