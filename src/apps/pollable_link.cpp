// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "apps/pollable_link.h"

namespace torpor::apps {
namespace {

// Enough for a handful of frames: the backlog belongs in the queue, where it is bounded and
// counted, and not in the kernel.
constexpr std::uint32_t kBufferBytes = 32 * 1024;

Result<std::string> socket_path(const std::string& flag) {
  constexpr std::string_view kScheme = "unix:";
  if (flag.size() > kScheme.size() && flag.starts_with(kScheme)) return flag.substr(kScheme.size());
  Error error{.reason = Reason::usage, .where = "--link"};
  error.found << flag;
  error.expected << "unix:PATH";
  return error;
}

}  // namespace

Result<PollableLink> PollableLink::make(const std::string& flag, const Site& site, End end) {
  TORPOR_TRY(std::string path, socket_path(flag));
  UnixLink::Options options{.path = std::move(path),
                            .peer_uids = site.peer_uids,
                            .buffer_bytes = kBufferBytes,
                            .group_access = !site.peer_uids.empty()};
  if (end == End::listens) {
    TORPOR_TRY(auto link, UnixLink::listen(std::move(options)));
    return PollableLink(std::move(link));
  }
  TORPOR_TRY(auto link, UnixLink::dial(std::move(options)));
  return PollableLink(std::move(link));
}

std::uint32_t PollableLink::held_by_kernel() const { return UnixLink::most_buffered(kBufferBytes); }

}  // namespace torpor::apps
