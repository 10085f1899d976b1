// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/refusing_role.h"

namespace torpor {

Step RefusingRole::wake(Wake why) {
  const BootTime now = clock_.now().boot;
  if (why != Wake::stop) {
    peer_.step(now);
    while (peer_.receive(now) != nullptr) {
      // Only kept flowing: nothing a peer says changes the outcome.
    }
    if (!peer_.failed()) return Step{.wait = peer_.wait(), .exit_code = std::nullopt};
  }
  peer_.close();
  return Step{.wait = {}, .exit_code = static_cast<int>(Group::refused)};
}

}  // namespace torpor
