// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "link/peer.h"

namespace torpor {

// Either role without a valid bundle: opens the link all the same, tells whoever is there
// why it refuses, and whether for good, and ends with that reason's exit code within two seconds
// of real time, so that the peer can name the reason instead of waiting for a silent one. `own.contract` is
// null and `own.refusal` set; Link, Clock and own side outlive it.
class RefusingRole final : public Role {
 public:
  RefusingRole(Link& link, const Clock& clock, const OwnSide& own, Peer::End end)
      : clock_(clock), reason_(own.refusal.reason), peer_(link, own, end, clock.now().boot) {}

  Step wake(Wake why) override;

 private:
  const Clock& clock_;
  const Reason reason_;
  Peer peer_;
};

}  // namespace torpor
