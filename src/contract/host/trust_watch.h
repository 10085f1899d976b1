// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>
#include <string>

#include "base/files.h"
#include "contract/sign1.h"

namespace torpor {

// Looks at the trust file of a running role, so that a revocation acts within a cycle and not at
// the next start. One thread.
class TrustWatch {
 public:
  struct Place {
    std::string trust;  // the file
    std::uint32_t own_uid = 0;
  };
  // `signer`: whose bundle the role works by. `files` outlives this.
  TrustWatch(Files& files, Place place, const KeyId& signer);

  // Once a cycle. One look at the file's facts, no heap while they stay what they were; where
  // they have changed it is read and judged as at a start. Error: check_key()'s, when the
  // signer may not sign contracts any more. A trust file that cannot be had or read now says
  // nothing about a key: somebody may be writing it, and a slip there must not take a fleet out
  // of its watch. Then what it said before stands, trouble() says why, and the next look
  // reads again.
  Status look();
  // Since the last look that found it well; none: all is well.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Files& files_;
  const Place place_;
  const KeyId signer_;
  std::optional<FileFacts> seen_;  // as it was last read
  std::optional<Error> trouble_;
};

}  // namespace torpor
