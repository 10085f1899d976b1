// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace torpor {

// Who started this process, watches it and starts it again: systemd, or whoever speaks its protocol
// (base/posix/notify_socket.h). Where nobody does, every word is said to nobody and well. Errors: a
// word that was not taken; no reason for a role to end, since watching does not depend on being
// watched. One thread.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  // What others wait for is there. `within`, in real time: progressed() comes again and again, never
  // later than so after ready() or after the one before, else this process hangs and is to be
  // started anew; none: the supervisor's own measure holds. May wait for a supervisor that is busy.
  virtual Status ready(std::optional<Duration> within, std::string_view status) = 0;
  // Never waits. `status` is for people: one line, cut where it is not.
  virtual Status progressed(std::string_view status) = 0;
  // What is done from now on is done to end. Never waits.
  virtual Status stopping() = 0;
};

}  // namespace torpor
