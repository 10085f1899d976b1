// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/refusing_role.h"

#include "base/assertion.h"

namespace torpor {

// What the peer says changes nothing, but it is read, so that its HELLO does not fill a buffer
// and keep ours from being taken.
Step RefusingRole::wake(Wake why) {
  const BootTime now = clock_.now().boot;
  if (why != Wake::stop) {
    peer_.step(now);
    while (peer_.receive(now) != nullptr) {
    }
    TORPOR_ASSERT(!peer_.agreed(), "refusing_role.never_agrees");
    if (!peer_.failed()) return Step{.wait = peer_.wait(), .exit_code = std::nullopt};
  }
  peer_.close();
  return Step{.wait = {}, .exit_code = exit_code(reason_)};
}

}  // namespace torpor
