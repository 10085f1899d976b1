// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "base/posix/posix_files.h"
#include "base/posix/unique_fd.h"

extern char** environ;

namespace torpor {
namespace {

// Waits until the child has ended, at most for so long.
bool ended_within(int id, int milliseconds) {
  // By a descriptor that poll() can wait on with a limit: waitpid() has none, and SIGCHLD would be the whole
  // process's. The child is not reaped yet, so its id is still its own. Without pidfd (before Linux 5.3) it
  // counts as not ended, and is killed.
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  if (!handle) return false;
  pollfd watched{handle.get(), POLLIN, 0};
  return ::poll(&watched, 1, milliseconds) > 0;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::string& log_path) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  // The child starts with no signal blocked, whatever its starter has blocked for itself.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t id = -1;
  const int os_code = ::posix_spawnp(&id, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (os_code != 0) return file_error(arguments[0], os_code);
  return ChildProcess(id);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : id_(other.id_), exit_code_(other.exit_code_) {
  other.id_ = -1;
}

ChildProcess::~ChildProcess() {
  // Asked to end, then made to: a child that outlives its owner would hold the next one's socket.
  // A child that was reaped has no id any more: a signal to it could hit a stranger.
  if (id_ < 0 || exit_code()) return;
  terminate();
  if (!ended_within(id_, 1000)) ::kill(id_, SIGKILL);
  int status = 0;
  ::waitpid(id_, &status, 0);
}

std::optional<int> ChildProcess::exit_code() {
  if (!exit_code_ && id_ >= 0) {
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) == id_) {
      // As shells say it: 128 and the signal.
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
  return exit_code_;
}

void ChildProcess::terminate() const {
  if (id_ >= 0 && !exit_code_) ::kill(id_, SIGTERM);
}

}  // namespace torpor
