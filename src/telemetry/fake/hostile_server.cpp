// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/fake/hostile_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace torpor {

namespace {

// All of a request has come: its head, and as much behind it as that says. What is no HTTP, such as
// the greeting of TLS, has no such end.
bool whole(const std::string& request) {
  if (request.empty()) return false;
  if (request[0] < 'A' || request[0] > 'Z') return true;
  const std::size_t end = request.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = request.find(kLength);
  const std::size_t body = at < end ? std::strtoul(request.c_str() + at + kLength.size(), nullptr, 10) : 0;
  return request.size() >= end + 4 + body;
}

}  // namespace

HostileServer::HostileServer(Manner manner, std::string answer)
    : manner_(manner),
      answer_(std::move(answer)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (!listener_ || ::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0)
    std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HostileServer::~HostileServer() {
  over_ = true;
  thread_.join();
}

std::string HostileServer::heard() const {
  while (lock_.test_and_set()) std::this_thread::yield();
  std::string copy = heard_;
  lock_.clear();
  return copy;
}

// One connection after the other is enough: a client under test has one.
void HostileServer::serve() {
  while (!over_) {
    pollfd ready{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    if (manner_ == Manner::never_accepts || ::poll(&ready, 1, 10) <= 0) {
      ::usleep(1000);
      continue;
    }
    const UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    ++connections_;
    treat(fd.get());
  }
}

void HostileServer::treat(int fd) {
  if (manner_ == Manner::resets) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return;
  }
  std::string flood = manner_ == Manner::floods_headers ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 200 OK\r\n\r\n";
  const std::string more = manner_ == Manner::floods_headers ? "X-Noise: " + std::string(200, 'n') + "\r\n"
                                                             : std::string(1000, 'b');
  std::size_t at = 0;
  std::string request;
  while (!over_) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 5) > 0) {
      char part[4096];
      const ssize_t n = ::recv(fd, part, sizeof part, 0);
      if (n <= 0) return;  // the client has gone
      while (lock_.test_and_set()) std::this_thread::yield();
      heard_.append(part, static_cast<std::size_t>(n));
      lock_.clear();
      request.append(part, static_cast<std::size_t>(n));
      continue;
    }
    switch (manner_) {
      case Manner::answers:
        // Not before: whoever is asked late must not have answered already.
        if (!whole(request)) break;
        static_cast<void>(::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL));  // it may have gone
        return;
      case Manner::drips:
        if (::send(fd, &answer_[at++ % answer_.size()], 1, MSG_NOSIGNAL) != 1) return;
        ::usleep(15'000);
        break;
      case Manner::floods_headers:
      case Manner::floods_body:
        if (::send(fd, flood.data(), flood.size(), MSG_NOSIGNAL) < 0) return;
        flood = more;
        for (int i = 0; i < 200; ++i) {
          if (::send(fd, more.data(), more.size(), MSG_NOSIGNAL) < 0) return;
        }
        break;
      default:
        break;
    }
  }
}

}  // namespace torpor
