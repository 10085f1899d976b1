// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/posix/posix_clock.h"
#include "base/role.h"

namespace torpor {

// What the host watches for a role: a descriptor that may change as connections come and
// go, -1 while there is nothing to watch.
class PollSource {
 public:
  virtual ~PollSource() = default;
  virtual int poll_fd() const = 0;
};

// Runs a role in a real process until it ends; returns its exit code. One thread. While
// the role waits, the process sleeps in one poll() over the link, one absolute
// CLOCK_BOOTTIME timer and the signals SIGTERM, SIGINT and SIGHUP, which become Wake::stop. There
// is no other timer and no polling: a wait for a deadline alone costs one wake-up.
// Call it before any other thread exists: it blocks the three signals.
Result<int> run_role(Role& role, const PosixClock& clock, const PollSource& link);

}  // namespace torpor
