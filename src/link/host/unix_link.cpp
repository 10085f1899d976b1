// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "link/host/unix_link.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

namespace torpor {
namespace {

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // 108 bytes with the zero at the end; an empty path would bind to an address the kernel makes up.
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

UniqueFd new_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

// The process that connected: from the socket itself where the kernel can (6.5), else by its
// id, which is still the peer's as long as the peer has not hung up.
UniqueFd process_behind(int socket, pid_t pid) {
#ifdef SO_PEERPIDFD
  constexpr int kPeerPidFd = SO_PEERPIDFD;
#else
  // Linux 6.5; older headers lack the name, older kernels answer ENOPROTOOPT.
  constexpr int kPeerPidFd = 77;
#endif
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidFd, &fd, &size) == 0) return UniqueFd(fd);
  if (pid <= 0) return {};
  // First the descriptor, then the question whether the peer is still there: the other way round the id
  // could pass to a stranger in between.
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd state{socket, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) != 0) process.reset();
  return process;
}

bool would_block(int os_code) { return os_code == EAGAIN || os_code == EWOULDBLOCK; }
bool hung_up(int os_code) { return os_code == EPIPE || os_code == ECONNRESET || os_code == ENOTCONN; }

}  // namespace

UnixLink::UnixLink(Options options) : options_(std::move(options)) {
  options_.buffer_bytes = most_buffered(options_.buffer_bytes);
}

// Only who listens made the file.
// While our socket is open the kernel holds its inode, so that no other file has this identity.
// A file that is another's, or gone, is none of ours to complain about.
UnixLink::~UnixLink() {
  if (listener_) static_cast<void>(remove_file(listening_file_));
}

Status UnixLink::remove_file(const FileIdentity& file) const {
  struct stat facts {};
  if (::lstat(options_.path.c_str(), &facts) != 0) return failure(Reason::io_failed, "lstat", errno);
  if (FileIdentity{facts.st_dev, facts.st_ino} != file) return failure(Reason::link_in_use, "socket file");
  if (::unlink(options_.path.c_str()) != 0) return failure(Reason::file_denied, "unlink", errno);
  return {};
}

Error UnixLink::failure(Reason reason, std::string_view what, int os_code) const {
  Error error{.reason = reason};
  error.where << "unix:" << options_.path << ": " << what;
  error.os_code = os_code;
  return error;
}

Result<std::unique_ptr<UnixLink>> UnixLink::dial(Options options) {
  std::unique_ptr<UnixLink> link(new UnixLink(std::move(options)));
  if (!address_of(link->options_.path)) return link->failure(Reason::link_path_too_long, "path");
  return link;
}

Result<std::unique_ptr<UnixLink>> UnixLink::listen(Options options) {
  // A listener that has not begun: path and buffers are judged in one place.
  TORPOR_TRY(auto link, dial(std::move(options)));
  TORPOR_CHECK(link->start_listening());
  return link;
}

Status UnixLink::start_listening() {
  UniqueFd fd = new_socket();
  if (!fd) return failure(Reason::io_failed, "socket", errno);
  const sockaddr_un address = *address_of(options_.path);
  if (::bind(fd.get(), generic(address), sizeof address) != 0) {
    if (errno != EADDRINUSE)
      return failure(errno == EACCES || errno == EPERM ? Reason::file_denied : Reason::io_failed, "bind",
                     errno);
    // Only now: a file is looked at, let alone removed, where it stands in the way.
    TORPOR_CHECK(replace_stale_file());
    if (::bind(fd.get(), generic(address), sizeof address) != 0)
      return failure(Reason::io_failed, "bind", errno);
  }
  struct stat facts {};
  if (::lstat(options_.path.c_str(), &facts) != 0) return failure(Reason::io_failed, "lstat", errno);
  const FileIdentity file{facts.st_dev, facts.st_ino};
  // Nobody can connect before listen(), so there is no moment with a wider mode.
  if (::chmod(options_.path.c_str(), options_.group_access ? 0660 : 0600) != 0 ||
      ::listen(fd.get(), 1) != 0) {
    const int os_code = errno;
    // What matters is why it failed; a file left behind is taken over by the next start.
    static_cast<void>(remove_file(file));
    return failure(Reason::io_failed, "listen", os_code);
  }
  listener_ = std::move(fd);
  listening_file_ = file;
  return {};
}

Status UnixLink::replace_stale_file() {
  struct stat facts {};
  if (::lstat(options_.path.c_str(), &facts) != 0) return failure(Reason::io_failed, "lstat", errno);
  if (!S_ISSOCK(facts.st_mode)) return failure(Reason::file_exists, "not a socket");
  // Not the age or owner of the file but whether somebody answers: only ECONNREFUSED says that nobody is
  // behind it. A listener that does answer sees a peer that hangs up at once.
  const UniqueFd probe = new_socket();
  if (!probe) return failure(Reason::io_failed, "socket", errno);
  const sockaddr_un address = *address_of(options_.path);
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED)
    return failure(Reason::link_in_use, "socket file");
  // Only the file that was found dead: another may have begun to listen here meanwhile.
  return remove_file({facts.st_dev, facts.st_ino});
}

Status UnixLink::open() {
  if (connection_) return {};
  if (listener_) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) return adopt(std::move(fd));
    // A peer that gave up while it waited is no failure of ours.
    if (would_block(errno) || errno == ECONNABORTED || errno == EINTR)
      return failure(Reason::peer_absent, "no peer waits");
    return failure(Reason::io_failed, "accept", errno);
  }
  UniqueFd fd = new_socket();
  if (!fd) return failure(Reason::io_failed, "socket", errno);
  const sockaddr_un address = *address_of(options_.path);
  if (::connect(fd.get(), generic(address), sizeof address) == 0) return adopt(std::move(fd));
  if (errno == EACCES || errno == EPERM) return failure(Reason::file_denied, "connect", errno);
  // Not there yet, nobody behind it, or a listener that is busy with another.
  return failure(Reason::peer_absent, "connect", errno);
}

Status UnixLink::adopt(UniqueFd fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  // Before a byte is read: who may not speak is not listened to.
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return failure(Reason::io_failed, "SO_PEERCRED", errno);
  // Root is not let in by itself: the site's list is the whole list.
  const auto& allowed = options_.peer_uids;
  const bool known = allowed.empty() ? peer.uid == ::geteuid()
                                     : std::find(allowed.begin(), allowed.end(), peer.uid) != allowed.end();
  if (!known) {
    Error error = failure(Reason::file_denied, "peer's user id");
    error.found << peer.uid;
    error.expected << "one the site allows";
    return error;
  }
  // The kernel doubles the figure and lets one more piece of half that size in.
  const int asked = static_cast<int>(options_.buffer_bytes / 3);
  // Both ends bound both sides: what the kernel holds of our windows counts as the contract's queue bytes.
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    if (::setsockopt(fd.get(), SOL_SOCKET, option, &asked, sizeof asked) != 0)
      return failure(Reason::io_failed, "socket buffer", errno);
  }
  peer_process_ = process_behind(fd.get(), peer.pid);
  peer_pid_ = peer.pid;
  // Last: until here a failure leaves the link closed as it was.
  connection_ = std::move(fd);
  return {};
}

void UnixLink::close() {
  connection_.reset();
  peer_process_.reset();
  peer_pid_ = 0;
}

Status UnixLink::kill_peer() const {
  if (!connection_) return failure(Reason::link_closed, "kill");
  if (!peer_process_) return failure(Reason::peer_not_stopped, "the peer's process is not visible");
  // By the descriptor: the id of a peer that has ended meanwhile may be another process's by now.
  if (::syscall(SYS_pidfd_send_signal, peer_process_.get(), SIGKILL, nullptr, 0) != 0)
    return failure(Reason::peer_not_stopped, "SIGKILL", errno);
  return {};
}

Result<std::size_t> UnixLink::read(MutableBytes into) {
  if (!connection_) return failure(Reason::link_closed, "read");
  // `into` is never empty: 0 bytes are the peer's hang-up here.
  const ssize_t count = ::recv(connection_.get(), into.data(), into.size(), 0);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count < 0 && (would_block(errno) || errno == EINTR)) return std::size_t{0};
  // Kept before close() overwrites it.
  const int os_code = count == 0 ? 0 : errno;
  close();
  return failure(count == 0 || hung_up(os_code) ? Reason::link_closed : Reason::io_failed, "read", os_code);
}

Result<std::size_t> UnixLink::write(Bytes from) {
  if (!connection_) return failure(Reason::link_closed, "write");
  // MSG_NOSIGNAL, for programs that do not run under run_role(), which ignores SIGPIPE.
  const ssize_t count = ::send(connection_.get(), from.data(), from.size(), MSG_NOSIGNAL);
  if (count >= 0) return static_cast<std::size_t>(count);
  const int os_code = errno;
  if (would_block(os_code) || os_code == EINTR) return std::size_t{0};
  if (hung_up(os_code)) {
    // The peer is gone, but what it said last is to be read first.
    std::byte one;
    // Told as "nothing written": the caller reads on until the end, and meets the hang-up there. A GOODBYE
    // that was on its way would be lost otherwise, and a deliberate end would look like a lost link.
    if (::recv(connection_.get(), &one, 1, MSG_PEEK) > 0) return std::size_t{0};
  }
  close();
  return failure(hung_up(os_code) ? Reason::link_closed : Reason::io_failed, "write", os_code);
}

}  // namespace torpor
