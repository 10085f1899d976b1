// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>

#include "base/files.h"
#include "telemetry/http/transport.h"

namespace torpor {

// HTTP/1.1 by libcurl. The library is opened at the first request, so that a robot that
// pushes nothing maps none of it; it is the build with OpenSSL, which keeps the parsed
// certificates of the system between connections.
//
// Always: certificates and host names of https are verified; no redirect is followed; no
// proxy and no .netrc of the environment is obeyed; an answer is read up to kMaxHeaders and
// kMaxBody bytes; the deadline covers name, connection, handshake, request and answer.
// Secrets are checked and read again for each request. One thread. Makes the process ignore
// SIGPIPE.
class CurlTransport final : public Transport {
 public:
  static constexpr std::size_t kMaxHeaders = 16 * 1024;
  static constexpr std::size_t kMaxBody = 64 * 1024;

  CurlTransport(Files& files, std::uint32_t own_uid);
  ~CurlTransport() override;
  Outcome send(const Request& request, Duration deadline) override;

 private:
  class Session;
  Files& files_;
  std::uint32_t own_uid_;
  std::unique_ptr<Session> session_;
};

}  // namespace torpor
