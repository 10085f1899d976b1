// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/posix/posix_clock.h"
#include "contract/host/admission.h"
#include "link/agreement.h"
#include "link/host/unix_link.h"
#include "notes/refusal.h"
#include "site/site.h"

// What torpord and torpor-sampler have in common: from flags to a role's own side. Wiring
// only; every judgement is another folder's.
namespace torpor::apps {

struct RoleFlags {
  std::string bundle;
  std::string trust;
  std::string site;
  std::string link;   // unix:PATH
  std::string state;  // directory
  double speed = 1;
};

// --bundle, --trust, --site, --link, --state, --speed.
void add_role_flags(CLI::App& app, RoleFlags& flags);
// Parses the command line: an exit code for --help (0) and for a wrong one (64).
std::optional<int> parse(CLI::App& app, int argc, char** argv);
// "2026-01-31T00:00:00Z"; none for an empty text; usage for anything else.
Result<std::optional<WallTime>> wall_time(const std::string& text);

// What a role brings to the table, in the order it must be found out. A refusal is a value
// here, not an end: the peer is told before the process goes (link/refusing_role.h).
struct RoleHome {
  Site site;
  std::optional<Admission> admission;
  OwnSide own;  // points into `admission`

  RoleHome() = default;
  RoleHome(const RoleHome&) = delete;
  RoleHome& operator=(const RoleHome&) = delete;
};

// Fills `home`. An unreadable site ends the process, since without it nobody knows the
// peer; a bundle that is refused leaves own.contract null and own.refusal set.
Status prepare(RoleHome& home, LinkRole role, const RoleFlags& flags, Files& files, const PosixClock& clock);

// The socket behind "unix:PATH", bounded by the contract's queue bytes where there is a
// contract; the peers allowed are the site's. The sampler listens, the detector dials.
// Errors: usage, those of UnixLink.
Result<std::unique_ptr<UnixLink>> make_link(const std::string& flag, const RoleHome& home);

// Prints the reason and the next step on stderr, leaves STATE/refusal.json and refusal.prom
// where the reason is a refusal, hands the refusal to `tell_refusal`, and gives the exit code.
using TellRefusal = std::function<void(const Refusal&)>;
int end_with(std::string_view program, const Error& error, const RoleHome& home, const RoleFlags& flags,
             Files& files, const Clock& clock, const TellRefusal& tell_refusal = {});

}  // namespace torpor::apps
