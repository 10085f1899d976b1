// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <spawn.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/posix/unique_fd.h"
#include "base/result.h"

namespace torpor {

// One child process at a time, at the other end of a stream socket that it finds as
// descriptor 3; of ours it inherits nothing else but stdout and stderr. Every wait ends at
// a deadline on `real`, the unscaled clock: a processor does not run faster because a clock
// does. A SIGTERM or SIGINT that is blocked and pending ends a wait too; it is only looked
// at, whoever blocked it still takes it.
//
// start() and everything after it use no heap. One thread; the child dies with it where it
// asks for that (die_with_parent()), and by the destructor.
class WorkerProcess {
 public:
  static constexpr int kSocket = 3;

  explicit WorkerProcess(const Clock& real) : real_(real) {}
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  // arguments[0] is the program's path. Again: another program for the next start.
  // io_failed.
  Status prepare(std::vector<std::string> arguments);
  // worker_missing where the program cannot be executed; worker_stuck while a child that
  // was killed is still not gone; io_failed.
  Status start();
  [[nodiscard]] bool running() { return !killed_ && !reap(); }

  // All of the bytes, both ways. worker_deadline; worker_interrupted; worker_died when the
  // other end is closed: then it has gone, or was killed, and how it ended is in `found`.
  Status send(Bytes bytes, BootTime deadline);
  Status receive(MutableBytes bytes, BootTime deadline);
  // Until it has ended by itself. worker_deadline; worker_interrupted; worker_died when it
  // ended otherwise than with 0.
  Status wait_for_exit(BootTime deadline);
  // SIGKILL, by its own id, and reaped. A child the kernel does not let go within a second
  // is left behind and looked for at the next start.
  void kill();

 private:
  enum class Event { ready, deadline, stop };
  Event wait_for(int fd, short events, BootTime deadline) const;
  Status failed(Event event, std::string_view doing);
  Status died();
  Error how_it_ended() const;
  [[nodiscard]] bool reap();

  const Clock& real_;
  std::vector<std::string> arguments_;
  std::vector<char*> argv_;
  // posix_spawn() is told once which descriptor becomes the child's; before each start the
  // child's end is put into that slot.
  struct Spawn {
    Spawn();
    ~Spawn();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
  };
  Spawn spawn_;
  bool has_actions_ = false;
  UniqueFd null_;
  UniqueFd slot_;
  UniqueFd signals_;
  UniqueFd socket_;
  UniqueFd handle_;  // pidfd
  int id_ = -1;
  bool killed_ = false;
  int status_ = 0;  // of waitpid, once reaped
};

// For the child's main(), first thing: it is killed when `parent` (its process id) ends, also
// when that happened already. False: it has.
[[nodiscard]] bool die_with_parent(int parent);

}  // namespace torpor
