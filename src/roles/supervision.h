// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string_view>

#include "base/posix/notify_socket.h"
#include "link/agreement.h"

namespace torpor {

struct RoleHome;

// A role's words to whoever watches over its process, as NOTIFY_SOCKET says. What is not taken is
// said on stderr, once in a row, and changes nothing else. One thread; no heap but for that.
class Supervision {
 public:
  // By the environment. An address that is none is said, and nobody is told anything.
  explicit Supervision(LinkRole role);

  // The link is open, from here on the peer can come: not later, for units order one role behind
  // the other, and a role that waited for agreement would wait for one that is not started. With a
  // contract, a pause longer than three of its periods and the peer's time-out is a hang.
  void ready(const RoleHome& home, const Clock& clock);
  void agreed(const Contract& contract);
  // Something of the duty was done, a cycle. Not a wake: one that spins makes no cycle.
  void progressed(std::string_view status);
  void stopping();

 private:
  void say(const Status& told);

  LinkRole role_;
  NotifySocket socket_;
  bool well_ = true;
};

}  // namespace torpor
