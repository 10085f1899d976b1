// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/fixed_string.h"

namespace torpor {
namespace {

constexpr const char* kWhere = "NOTIFY_SOCKET";
// A first word that is lost would cost the whole start; a supervisor that takes longer is not there.
constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

using Words = FixedString<512>;

// A status is one line: what stands behind a line break would be another word of the protocol.
std::string_view one_line_of(std::string_view status) {
  const auto* end =
      std::find_if(status.begin(), status.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return status.substr(0, static_cast<std::size_t>(end - status.begin()));
}

}  // namespace

Result<NotifySocket> NotifySocket::make(const char* address) {
  NotifySocket made;
  if (address == nullptr) return made;
  made.address_ = address;
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (made.address_.size() < 2 || made.address_.size() > kLongest ||
      (made.address_[0] != '/' && made.address_[0] != '@'))
    return Error{.reason = Reason::usage}.at(kWhere).saw(address).want("/PATH or @NAME");
  if (made.address_[0] == '@') made.address_[0] = '\0';
  made.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!made.socket_ ||
      ::setsockopt(made.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0)
    return Error{.reason = Reason::io_failed, .where = kWhere, .os_code = errno};
  return made;
}

Status NotifySocket::send(std::string_view words, Wait wait) const {
  if (address_.empty()) return {};
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const int flags = MSG_NOSIGNAL | (wait == Wait::no ? MSG_DONTWAIT : 0);
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket_.get(), words.data(), words.size(), flags, reinterpret_cast<const sockaddr*>(&to),
                    length);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return Error{.reason = Reason::io_failed, .where = kWhere, .os_code = errno};
  return {};
}

Status NotifySocket::ready(std::optional<Duration> within, std::string_view status) {
  Words words = "READY=1\n";
  if (within) words << "WATCHDOG_USEC=" << within->count() / 1000 << "\n";
  words << "STATUS=" << one_line_of(status);
  return send(words.view(), Wait::yes);
}

Status NotifySocket::progressed(std::string_view status) {
  Words words = "WATCHDOG=1\nSTATUS=";
  words << one_line_of(status);
  return send(words.view(), Wait::no);
}

Status NotifySocket::stopping() { return send("STOPPING=1", Wait::no); }

}  // namespace torpor
