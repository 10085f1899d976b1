// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "base/posix/unique_fd.h"

namespace torpor {

// In systemd's place: a socket that processes may be pointed at by NOTIFY_SOCKET, and what they said.
class Notified {
 public:
  // In a directory of its own, or at an abstract "@NAME".
  explicit Notified(const std::string& abstract = "");
  ~Notified();
  Notified(const Notified&) = delete;
  Notified& operator=(const Notified&) = delete;

  // For NOTIFY_SOCKET.
  const std::string& address() const { return address_; }
  // The next word, waited for; a test's own time-out is the bound.
  std::string take() const;
  // What has come by now: nothing is "".
  std::string take_now() const;

 private:
  std::string receive(int flags) const;

  std::string directory_;  // empty: abstract
  std::string address_;
  UniqueFd socket_;
};

}  // namespace torpor
