// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/dead_man.h"

#include "base/assertion.h"
#include "base/posix/tell.h"
#include "notes/stopped.h"
#include "program/error_text.h"
#include "roles/role_flags.h"

namespace torpor {

DeadMan::DeadMan(const Parts& parts, Facts facts)
    : link_(parts.link), files_(parts.files), clock_(parts.clock), facts_(std::move(facts)) {
  TORPOR_ASSERT(!facts_.state.empty(), "roles.a_dead_man_knows_where_its_note_lies");
}

namespace {

// Ends before a time.
std::string_view in_words(StopCause cause) {
  switch (cause) {
    case StopCause::awake:
      return "awake for";
    case StopCause::asleep:
      return "not back from its sleep for";
    case StopCause::early:
      return "asked for a window again after";
    case StopCause::flood:
      return "said more than a period has to say in";
  }
  return "?";
}

}  // namespace

Status DeadMan::stop(const Offence& why) {
  const bool owes_time = why.cause == StopCause::awake || why.cause == StopCause::asleep;
  TORPOR_ASSERT(!owes_time || why.after >= why.limit, "roles.only_an_overdue_peer_is_stopped");
  // Taken before: with the peer its process id goes from the link.
  const StoppedNote note{.device = facts_.device,
                         .pid = link_.peer_pid(),
                         .state = name(why.cause),
                         .offence = in_words(why.cause),
                         .after = why.after,
                         .limit = why.limit,
                         .window = why.window,
                         .contract = facts_.contract,
                         .at = clock_.now()};
  const Status stopped = link_.kill_peer();
  if (!stopped) {
    tell_error(kSamplerProgram, stopped.error());
    return stopped;
  }
  tell("{}: {}\n", kSamplerProgram, one_line(note));
  if (const Status left = write_stopped(files_, facts_.state, note); !left)
    tell_error(kSamplerProgram, left.error());
  return {};
}

}  // namespace torpor
