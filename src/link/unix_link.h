// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/link.h"

namespace torpor {

// A Link over a Unix stream socket. The only header of the link that belongs to an
// operating system: roles see Link, the host (base/posix_host.h) and main() see this.
//
// listen() makes the socket file, mode 0600 (0660 with `group_access`), and removes it again
// at the end. A file left by a process that died is replaced, one with a live listener
// behind it is link_in_use, anything that is not a socket is file_exists. While a peer is
// connected the next one waits in the kernel.
//
// Peers are checked by the kernel's word (SO_PEERCRED) on both ends; the list of user ids is
// the site's, an empty list allows only our own user. Each connection's kernel buffers are
// bounded by `buffer_bytes`.
class UnixLink final : public Link {
 public:
  struct Options {
    std::string path;
    std::vector<std::uint32_t> peer_uids;
    std::uint32_t buffer_bytes = 0;  // asked for per direction; the kernel's minimum is about 4.5 KiB
    bool group_access = false;
  };
  // Errors: link_path_too_long, link_in_use, file_exists, file_denied, io_failed.
  static Result<std::unique_ptr<UnixLink>> listen(Options options);
  // Connects nothing yet: open() does.
  static Result<std::unique_ptr<UnixLink>> dial(Options options);
  // One end of a socketpair, for tests; takes the descriptor.
  static std::unique_ptr<UnixLink> adopt(int fd, std::uint32_t buffer_bytes);
  ~UnixLink() override;

  Status open() override;
  bool is_open() const override { return fd_ >= 0; }
  Result<std::size_t> read(MutableBytes into) override;
  Result<std::size_t> write(Bytes from) override;
  void close() override;

  // What to poll: the connection, else the listening socket (readable: a peer is there),
  // else -1 (nothing to wait for: dial again later). Changes with open and close.
  int poll_fd() const { return fd_ >= 0 ? fd_ : listen_fd_; }

  // The most payload the kernel may hold for this end's writes; FrameQueue takes it off the
  // contract's bytes.
  static std::uint32_t most_buffered(std::uint32_t buffer_bytes);

 private:
  explicit UnixLink(Options options) : options_(std::move(options)) {}
  Status start_listening();
  Status take(int fd);  // checks the peer and sets the connection up
  Status fail(Reason reason, std::string_view what, int os_code) const;

  Options options_;
  int listen_fd_ = -1;
  int fd_ = -1;
  bool owns_path_ = false;
};

}  // namespace torpor
