// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"

namespace torpor {

// Both roles (detector, sampler) are state machines: something wakes them, they do what
// is due through their seams without ever waiting, and they say what to wait for next.
// One code base so runs in real time (base/posix/posix_host.h), scaled, and stepped (fleet).

enum class Wake : std::uint8_t {
  start,     // the first call
  deadline,  // Wait::until has come (never early)
  link,      // the link can be read, written or has a new peer, as asked for
  stop,      // SIGTERM, SIGINT or SIGHUP: end within a second
};

struct Wait {
  BootTime until = BootTime::max();  // absolute; max() = no deadline
  bool link_in = false;              // wake when bytes, a new peer or a hang-up are there
  bool link_out = false;             // wake when the link takes bytes again
};

struct Step {
  Wait wait{};
  std::optional<int> exit_code;  // set: the role has ended, `wait` means nothing
};

class Role {
 public:
  virtual Step wake(Wake why) = 0;

 protected:
  // Nobody owns a role by its base: on firmware a deleting destructor would want a heap.
  ~Role() = default;
};

}  // namespace torpor
