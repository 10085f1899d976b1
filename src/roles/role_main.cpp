// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/role_main.h"
#include "base/posix/tell.h"
#include "base/utc.h"

#include <fmt/core.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmath>

namespace torpor::apps {

void add_role_flags(CLI::App& app, RoleFlags& flags) {
  app.add_option("--bundle", flags.bundle, "signed contract")->required();
  app.add_option("--trust", flags.trust, "trust file: whose signature counts here")->required();
  app.add_option("--site", flags.site, "site.toml: what this machine is")->required();
  app.add_option("--link", flags.link, "unix:PATH of the socket between the roles")->required();
  app.add_option("--state", flags.state, "state directory, one per role")->required();
  app.add_option("--speed", flags.speed, "run the clock this many times faster, for demonstrations (1..200)");
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return exit_code(Reason::usage);
  }
  return {};
}

Result<std::optional<WallTime>> wall_time(const std::string& text) {
  if (text.empty()) return std::optional<WallTime>();
  const auto seconds = parse_utc(text);
  // Nanoseconds in 64 bits end in the year 2262.
  if (!seconds || *seconds < 0 || *seconds > unix_seconds(WallTime::max())) {
    return Error{.reason = Reason::usage}
        .at("--clock-origin")
        .saw(text)
        .want("a time like 2026-01-31T00:00:00Z");
  }
  return std::optional<WallTime>(WallTime(std::chrono::seconds(*seconds)));
}

Status prepare(RoleHome& home, LinkRole role, const RoleFlags& flags, Files& files, const PosixClock& clock) {
  const std::uint32_t uid = ::getuid();
  TORPOR_TRY(home.site, load_site(files, flags.site, uid));
  home.own.role = role;
  home.own.speed_permille = static_cast<std::uint32_t>(std::llround(flags.speed * 1000));
  home.own.peer_timeout = std::chrono::milliseconds(home.site.peer_timeout_ms);
  if (::getrandom(&home.own.boot_epoch, sizeof home.own.boot_epoch, 0) != sizeof home.own.boot_epoch) {
    return Error{.reason = Reason::io_failed, .where = "getrandom"};
  }
  auto admission = admit(files, {.bundle = flags.bundle, .trust = flags.trust, .state_dir = flags.state},
                         home.site.target_class, uid, clock.now());
  if (admission) {
    home.admission.emplace(*std::move(admission));
    home.own.contract = &home.admission->contract;
    home.own.bundle = home.admission->bundle;
  } else {
    home.own.refusal = admission.error();
  }
  return {};
}

Result<std::unique_ptr<UnixLink>> make_link(const std::string& flag, const RoleHome& home) {
  constexpr std::string_view kScheme = "unix:";
  if (flag.size() <= kScheme.size() || !flag.starts_with(kScheme)) {
    Error error{.reason = Reason::usage, .where = "--link"};
    error.found << flag;
    error.expected << "unix:PATH";
    return error;
  }
  const Contract* contract = home.own.contract;
  UnixLink::Options options{.path = flag.substr(kScheme.size()),
                            .peer_uids = home.site.peer_uids,
                            .buffer_bytes = contract == nullptr
                                                ? UnixLink::kLeastBuffer
                                                : UnixLink::buffer_for(contract->terms().queue.bytes),
                            .group_access = !home.site.peer_uids.empty()};
  return home.own.role == LinkRole::sampler ? UnixLink::listen(std::move(options))
                                            : UnixLink::dial(std::move(options));
}

int end_with(std::string_view program, const Error& error, const RoleHome& home, const RoleFlags& flags,
             Files& files, const Clock& clock, const TellRefusal& tell_refusal) {
  tell("{}: {}\n  {}\n", program, one_line(error).view(), next_step(error.reason));
  if (group(error.reason) == Group::refused) {
    Refusal refusal{.role = name(home.own.role),
                    .device = home.site.device_id,
                    .error = error,
                    .own = {},
                    .peer = {},
                    .differing = {},
                    .at = clock.now()};
    if (home.own.contract != nullptr) {
      refusal.own =
          BundleFacts{.digest = home.own.contract->digest(), .sequence = home.own.contract->sequence()};
    }
    Status left = files.make_directories(flags.state);
    if (left) left = write_refusal(files, flags.state, refusal);
    if (!left) tell("{}: {}\n", program, one_line(left.error()).view());
    if (tell_refusal) tell_refusal(refusal);
  }
  return exit_code(error.reason);
}

}  // namespace torpor::apps
