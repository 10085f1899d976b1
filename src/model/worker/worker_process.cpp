// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/worker/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace torpor {
namespace {

using std::chrono::seconds;

Error os_error(std::string_view what, int os_code) {
  return {.reason = Reason::io_failed, .where = what, .os_code = os_code};
}

// Only looked at through a signalfd: they stay pending for whoever blocked them.
sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

WorkerProcess::Spawn::Spawn() {
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
}

WorkerProcess::Spawn::~Spawn() {
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
}

WorkerProcess::~WorkerProcess() {
  if (id_ <= 0) return;
  // Its socket closes: a child that waits for us ends by itself.
  socket_.reset();
  if (wait_for(handle_.get(), POLLIN, real_.now().boot + seconds(1)) == Event::ready && reap()) return;
  kill();
}

Status WorkerProcess::prepare(std::vector<std::string> arguments) {
  arguments_ = std::move(arguments);
  argv_.clear();
  for (std::string& argument : arguments_) argv_.push_back(argument.data());
  argv_.push_back(nullptr);
  // Descriptors and actions are made once: start() takes no heap and has less to fail.
  if (has_actions_) return {};

  const sigset_t ends = ending_signals();
  null_ = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  // Above kSocket, so that adddup2 is never from a descriptor to itself, which would keep close-on-exec.
  slot_ = UniqueFd(::fcntl(null_.get(), F_DUPFD_CLOEXEC, kSocket + 1));
  signals_ = UniqueFd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!null_ || !slot_ || !signals_) return os_error("descriptors of a worker", errno);
  // The child has no signal blocked or ignored that its parent blocks or ignores.
  sigset_t none;
  ::sigemptyset(&none);
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  // The order of actions is the order in the child: stdin, then the socket, then all others closed.
  if (::posix_spawn_file_actions_addopen(&spawn_.actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
      ::posix_spawn_file_actions_adddup2(&spawn_.actions, slot_.get(), kSocket) != 0 ||
      ::posix_spawn_file_actions_addclosefrom_np(&spawn_.actions, kSocket + 1) != 0 ||
      ::posix_spawnattr_setsigmask(&spawn_.attributes, &none) != 0 ||
      ::posix_spawnattr_setsigdefault(&spawn_.attributes, &pipe) != 0 ||
      ::posix_spawnattr_setflags(&spawn_.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) != 0)
    return os_error("posix_spawn", ENOMEM);
  has_actions_ = true;
  return {};
}

Status WorkerProcess::start() {
  // One child at a time: one that was killed but not let go by the driver still holds the device.
  if (id_ > 0 && !reap()) return Error{.reason = Reason::worker_stuck, .where = argv_[0]};
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return os_error("socketpair", errno);
  socket_ = UniqueFd(ends[0]);
  {
    const UniqueFd theirs(ends[1]);
    // Non-blocking on our side alone; theirs goes into the slot that the actions name.
    if (::fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0 || ::dup3(theirs.get(), slot_.get(), O_CLOEXEC) < 0)
      return os_error("socketpair", errno);
  }
  pid_t id = -1;
  const int os_code =
      ::posix_spawn(&id, argv_[0], &spawn_.actions, &spawn_.attributes, argv_.data(), environ);
  // From here on only the child holds its end, so that its death is seen on ours.
  // Also where the spawn failed.
  if (::dup3(null_.get(), slot_.get(), O_CLOEXEC) < 0) return os_error("dup3", errno);
  if (os_code != 0) {
    socket_.reset();
    // Those three say that the program is not there or is none; all others are faults of the machine.
    if (os_code != ENOENT && os_code != EACCES && os_code != ENOEXEC) return os_error(argv_[0], os_code);
    return Error{.reason = Reason::worker_missing, .where = argv_[0], .os_code = os_code};
  }
  id_ = id;
  killed_ = false;
  // A pidfd, because a number may be another process's by the time it is used, and a pidfd can be polled.
  handle_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  if (handle_) return {};
  const Error error = os_error("pidfd_open", errno);
  kill();
  return error;
}

WorkerProcess::Event WorkerProcess::wait_for(int fd, short events, BootTime deadline) const {
  for (;;) {
    // Counted anew each time: a signal or a wake must not lengthen the wait.
    const Duration left = std::max(deadline - real_.now().boot, Duration::zero());
    const timespec timeout{static_cast<time_t>(left.count() / 1'000'000'000),
                           static_cast<long>(left.count() % 1'000'000'000)};
    pollfd watched[] = {{fd, events, 0}, {signals_.get(), POLLIN, 0}};
    const int n = ::ppoll(watched, 2, &timeout, nullptr);
    if (n < 0 && errno != EINTR) return Event::deadline;
    // What is ready comes before the stop: an answer that is there is taken.
    if (n > 0) return watched[0].revents != 0 ? Event::ready : Event::stop;
    // Only with nothing left on our clock: ppoll waits by another one, which stops in suspend.
    if (n == 0 && left == Duration::zero()) return Event::deadline;
  }
}

Status WorkerProcess::failed(Event event, std::string_view doing) {
  // At once: what is late may still hold the device.
  kill();
  return Error{.reason = event == Event::stop ? Reason::worker_interrupted : Reason::worker_deadline,
               .where = doing};
}

Status WorkerProcess::send(Bytes bytes, BootTime deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      // MSG_NOSIGNAL: a worker that died is an error here, not our end.
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      const Event event = wait_for(socket_.get(), POLLOUT, deadline);
      if (event != Event::ready) return failed(event, "taking the request");
    } else if (errno != EINTR) {
      return died();
    }
  }
  return {};
}

Status WorkerProcess::receive(MutableBytes bytes, BootTime deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      const Event event = wait_for(socket_.get(), POLLIN, deadline);
      if (event != Event::ready) return failed(event, "answering");
    } else if (n == 0 || errno != EINTR) {
      // 0 is the end of the stream: it has closed, whatever else it may be doing.
      return died();
    }
  }
  return {};
}

// Its end of the socket is closed. It is going, or it stays for no good.
Status WorkerProcess::died() {
  // A moment: the socket closes before the process is gone.
  if (wait_for(handle_.get(), POLLIN, real_.now().boot + seconds(1)) != Event::ready || !reap()) {
    kill();
    return Error{.reason = Reason::worker_died, .found = "it closed its socket and stayed"};
  }
  return how_it_ended();
}

Error WorkerProcess::how_it_ended() const {
  Error error{.reason = Reason::worker_died};
  if (WIFSIGNALED(status_)) {
    error.found << "signal " << WTERMSIG(status_);
  } else {
    error.found << "exit code " << WEXITSTATUS(status_);
  }
  return error;
}

Status WorkerProcess::wait_for_exit(BootTime deadline) {
  const Event event = wait_for(handle_.get(), POLLIN, deadline);
  if (event != Event::ready) return failed(event, "ending");
  if (!reap()) return died();
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
  return how_it_ended();
}

void WorkerProcess::kill() {
  if (id_ <= 0) return;
  // Before the signal: from here nothing it still says is wanted.
  killed_ = true;
  // Safe by number: it is our child and not reaped, so the number is still its own.
  ::kill(id_, SIGKILL);
  pollfd watched{handle_.get(), POLLIN, 0};
  // A driver may hold a dead process in the kernel; nobody waits for that for ever.
  (void)::poll(&watched, 1, 1000);
  (void)reap();
  socket_.reset();
}

// True when there is no child any more.
bool WorkerProcess::reap() {
  if (id_ <= 0) return true;
  status_ = 0;
  const pid_t ended = ::waitpid(id_, &status_, WNOHANG);
  // ECHILD: whoever embeds us had it reaped; how it ended is then not known.
  if (ended != id_ && !(ended < 0 && errno == ECHILD)) return false;
  id_ = -1;
  handle_.reset();
  socket_.reset();
  return true;
}

// In this order: a parent that went before the request is seen by the second look.
bool die_with_parent(int parent) { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent; }

}  // namespace torpor
