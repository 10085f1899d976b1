// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/fake/notified.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/assertion.h"

namespace torpor {

Notified::Notified(const std::string& abstract) : address_(abstract) {
  if (abstract.empty()) {
    std::string pattern = std::filesystem::temp_directory_path() / "torpor_notified_XXXXXX";
    TORPOR_ASSERT(::mkdtemp(pattern.data()) != nullptr, "fake.a_directory_for_the_socket");
    directory_ = pattern;
    address_ = directory_ + "/notify";
  }
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  TORPOR_ASSERT(address_.size() < sizeof at.sun_path, "fake.an_address_fits");
  std::memcpy(at.sun_path, address_.data(), address_.size());
  if (at.sun_path[0] == '@') at.sun_path[0] = '\0';
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const int bound = ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), length);
  TORPOR_ASSERT(bound == 0, "fake.a_socket_to_be_notified_at");
}

Notified::~Notified() {
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

std::string Notified::receive(int flags) const {
  char words[1024];
  const ssize_t size = ::recv(socket_.get(), words, sizeof words, flags);
  return size < 0 ? "" : std::string(words, static_cast<std::size_t>(size));
}

std::string Notified::take() const { return receive(0); }

std::string Notified::take_now() const { return receive(MSG_DONTWAIT); }

}  // namespace torpor
