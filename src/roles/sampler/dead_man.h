// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "firmware/peer_stopper.h"
#include "link/host/unix_link.h"
#include "notes/refusal.h"

namespace torpor {

// The dead-man's hand on a computer: ends the process at the other end of the link by SIGKILL,
// says so on stderr and leaves STATE/stopped.json (notes/stopped.h). Heap; one thread.
class DeadMan final : public PeerStopper {
 public:
  // Outlive it.
  struct Parts {
    const UnixLink& link;
    Files& files;
    const Clock& clock;
  };
  // What its note says beside why.
  struct Facts {
    std::string state;   // directory, exists
    std::string device;  // the site's id
    BundleFacts contract;
  };
  DeadMan(const Parts& parts, Facts facts);

  // Errors, said on stderr: those of UnixLink::kill_peer(), and then there is no note, for
  // nobody was stopped. A note that cannot be left is said and is no error: the detector is
  // stopped all the same.
  Status stop(const Offence& why) override;

 private:
  const UnixLink& link_;
  Files& files_;
  const Clock& clock_;
  const Facts facts_;
};

}  // namespace torpor
