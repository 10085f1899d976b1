// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/link.h"
#include "base/posix/posix_host.h"
#include "base/posix/unique_fd.h"

namespace torpor {

// A Link over a Unix stream socket. Roles see Link; the host (base/posix/posix_host.h) and main()
// see this.
//
// listen() makes the socket file, mode 0600 (0660 with `group_access`), and takes it away
// again at the end, unless it has become another's: who ends late must not cut off its
// successor. A file left by a process that died is replaced, one with a live listener
// behind it is link_in_use, anything that is not a socket is file_exists. While one peer is
// connected, the next waits in the kernel.
//
// The peer's process is held by a descriptor of its own (pidfd), so that kill_peer() can never
// hit another that got the same process id.
//
// Peers are checked on both ends by the kernel's word (SO_PEERCRED), never by theirs. The
// user ids allowed are the site's; an empty list allows only our own.
class UnixLink final : public Link, public PollSource {
 public:
  struct Options {
    std::string path{};
    std::vector<std::uint32_t> peer_uids{};
    // The most bytes the kernel may hold for our writes; raised to kLeastBuffer.
    std::uint32_t buffer_bytes = 0;
    bool group_access = false;
  };
  // The kernel allows no smaller socket buffer.
  static constexpr std::uint32_t kLeastBuffer = 8 * 1024;
  // What the kernel really may hold where so much was asked for; FrameQueue takes it off the
  // contract's bytes.
  static constexpr std::uint32_t most_buffered(std::uint32_t asked) {
    return asked < kLeastBuffer ? kLeastBuffer : asked;
  }
  // A share of the contract's queue bytes that leaves the queue itself room for its windows.
  static constexpr std::uint32_t buffer_for(std::uint32_t queue_bytes) {
    const std::uint32_t share = queue_bytes / 8;
    return share < kLeastBuffer ? kLeastBuffer : share < 64 * 1024 ? share : 64 * 1024;
  }

  // Errors: link_path_too_long, link_in_use, file_exists, file_denied, io_failed.
  static Result<std::unique_ptr<UnixLink>> listen(Options options);
  // Connects nothing yet, open() does. Error: link_path_too_long.
  static Result<std::unique_ptr<UnixLink>> dial(Options options);
  ~UnixLink() override;

  Status open() override;
  [[nodiscard]] bool is_open() const override { return static_cast<bool>(connection_); }
  Result<std::size_t> read(MutableBytes into) override;
  Result<std::size_t> write(Bytes from) override;
  void close() override;

  // SIGKILL to the process at the other end. link_closed: nobody is there; peer_not_stopped:
  // not allowed, or in a process namespace we cannot see.
  Status kill_peer() const;
  std::int32_t peer_pid() const { return peer_pid_; }  // 0: nobody, or not visible

  // The connection, else the listening socket (readable: a peer is there), else -1.
  int poll_fd() const override { return connection_ ? connection_.get() : listener_.get(); }
  std::uint32_t buffer_bytes() const { return options_.buffer_bytes; }

 private:
  explicit UnixLink(Options options);
  // Which file it is, whatever its name.
  struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
  };
  Status start_listening();
  Status replace_stale_file();
  Status remove_file(const FileIdentity& file) const;
  Status adopt(UniqueFd fd);  // checks the peer and bounds the buffers
  Error failure(Reason reason, std::string_view what, int os_code = 0) const;

  Options options_;
  UniqueFd listener_;
  FileIdentity listening_file_;  // while there is a listener
  UniqueFd connection_;
  UniqueFd peer_process_;
  std::int32_t peer_pid_ = 0;
};

}  // namespace torpor
