// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/posix/unique_fd.h"

namespace torpor {

// An HTTP server on loopback that does to every connection what it was told to. Ends, with
// all its connections, in the destructor.
class HostileServer {
 public:
  enum class Manner {
    answers,            // sends `answer` and closes
    never_accepts,      // the connection lies in the backlog, unanswered
    accepts_and_waits,  // reads, and never says a word
    drips,              // one byte of `answer` every 20 ms, for ever
    resets,             // a TCP reset at the first byte
    floods_headers,     // header lines without end
    floods_body,        // "200 OK" and a body without end
  };
  explicit HostileServer(Manner manner, std::string answer = "");
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // What came in the connections so far.
  std::string heard() const;
  int connections() const { return connections_; }

 private:
  void serve();
  void treat(int fd);
  Manner manner_;
  std::string answer_;
  UniqueFd listener_;
  int port_ = 0;
  std::atomic<bool> over_{false};
  std::atomic<int> connections_{0};
  mutable std::atomic_flag lock_ = ATOMIC_FLAG_INIT;
  std::string heard_;
  std::thread thread_;
};

}  // namespace torpor
