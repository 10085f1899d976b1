// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/owned_directory.h"
#include "base/posix/posix_clock.h"
#include "contract/host/admission.h"
#include "link/agreement.h"
#include "link/host/unix_link.h"
#include "notes/refusal.h"
#include "roles/role_flags.h"
#include "site/site.h"

// What torpord and torpor-sampler have in common: from flags to a role's own side, and to its
// end. Wiring only; every judgement is another room's.
namespace torpor {

// What a role brings to the table, in the order it must be found out. A refusal is a value
// here, not an end: the peer is told before the process goes (link/refusing_role.h).
struct RoleHome {
  Site site;
  std::optional<OwnedDirectory> state;
  std::optional<Admission> admission;
  OwnSide own;     // points into `admission`; its contract is null where own.refusal says why
  PeerClaim peer;  // of a peer that was refused

  RoleHome() = default;
  RoleHome(const RoleHome&) = delete;
  RoleHome& operator=(const RoleHome&) = delete;
};

// A directory that a role writes to, made where there is none, judged by its whole path as bundle
// and trust file are (Files::owned_facts): what is read in it at the next start is believed. Errors:
// file_unsafe naming the part that another user owns or may write, a sticky directory at its end
// as well; those of Files.
Status check_own_directory(Files& files, const std::string& path, std::uint32_t uid);

// Fills `home`. An unreadable site ends the process, since without it nobody knows the
// peer, and so does a state directory that is not this user's own (file_unsafe, and no note is left
// in it) or that another process owns (directory_locked): it and the peer's line are that process's. A bundle
// that is refused leaves own.contract null and own.refusal set.
Status prepare(RoleHome& home, LinkRole role, const RoleFlags& flags, Files& files, const PosixClock& clock);

// What was swept at the start, on stderr; nothing where `place` was clean.
void say_strays(LinkRole role, const std::string& place, const Strays& strays);

// The socket behind "unix:PATH", bounded by the contract's queue bytes where there is a
// contract; the peers allowed are the site's. The sampler listens, the detector dials.
// Errors: usage, those of UnixLink.
Result<std::unique_ptr<UnixLink>> make_link(const std::string& flag, const RoleHome& home);

// How a role ends because of `error`: prints the reason and the next step on stderr, leaves
// STATE/refusal.json and refusal.prom where a restart would not change it (64, 65, 77, 78), hands
// the note to `tell_refusal` afterwards, so that a server that hangs costs no note, and gives the
// exit code, never 0. A note that could not be left is said on stderr and changes nothing.
using TellRefusal = std::function<void(const RefusalNote&)>;
int end_with(const Error& error, const RoleHome& home, const RoleFlags& flags, Files& files,
             const Clock& clock, const TellRefusal& tell_refusal = {});

}  // namespace torpor
