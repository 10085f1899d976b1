// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/posix/unique_fd.h"
#include "base/supervisor.h"

namespace torpor {

// systemd's side of the seam, as sd_notify(3) describes it: one datagram a word. The protocol is a
// socket and a few lines; libsystemd would be loaded by both roles for them. No heap after make().
class NotifySocket final : public Supervisor {
 public:
  // `address` is what stands in NOTIFY_SOCKET: "/PATH" or "@NAME"; null: nobody watches. Errors:
  // usage for any other address, io_failed without a socket.
  static Result<NotifySocket> make(const char* address);
  // Nobody watches.
  NotifySocket() = default;

  Status ready(std::optional<Duration> within, std::string_view status) override;
  Status progressed(std::string_view status) override;
  Status stopping() override;

 private:
  enum class Wait : std::uint8_t { yes, no };
  Status send(std::string_view words, Wait wait) const;

  std::string address_;  // as the kernel takes it: an abstract name begins with a zero
  UniqueFd socket_;
};

}  // namespace torpor
