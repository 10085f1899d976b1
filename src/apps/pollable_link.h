// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>

#include "base/posix_host.h"
#include "contract/contract.h"
#include "link/host/unix_link.h"
#include "site/site.h"

namespace torpor::apps {

// The socket of a role, as its host polls it.
class PollableLink final : public PollSource {
 public:
  enum class End : std::uint8_t { listens, dials };
  // `flag` is "unix:PATH"; the peers allowed are the site's. Errors: usage, those of UnixLink.
  static Result<PollableLink> make(const std::string& flag, const Site& site, End end);

  Link& link() { return *link_; }
  int poll_fd() const override { return link_->poll_fd(); }
  // What the kernel may hold of one side's frames: counted against the contract's bytes.
  std::uint32_t held_by_kernel() const;

 private:
  explicit PollableLink(std::unique_ptr<UnixLink> link) : link_(std::move(link)) {}
  std::unique_ptr<UnixLink> link_;
};

}  // namespace torpor::apps
