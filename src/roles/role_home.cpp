// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/role_home.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/assertion.h"
#include "base/posix/tell.h"
#include "link/bundle_differences.h"
#include "program/error_text.h"

namespace torpor {
namespace {

constexpr std::uint32_t kSticky = 01000;

std::string_view program_of(LinkRole role) {
  return role == LinkRole::detector ? kDetectorProgram : kSamplerProgram;
}

// In full, for the note and the log; the error itself holds as much as fits.
std::vector<FieldDifference> differences(const RoleHome& home) {
  if (home.own.bundle.empty() || home.peer.bundle_bytes == 0) return {};
  std::vector<FieldDifference> all(kMaxDifferences);
  all.resize(std::min(all.size(), bundle_differences(home.own.bundle, home.peer.bundle(), all)));
  return all;
}

// Before anything in it is read, swept or written.
Result<OwnedDirectory> take_state(Files& files, const std::string& state, std::uint32_t uid) {
  TORPOR_CHECK(check_own_directory(files, state, uid));
  return OwnedDirectory::take(files, state);
}

// Both files. A refusal met before the state directory was ours finds its own way into it.
Status leave_refusal(Files& files, const std::string& state, bool ours, const Refusal& refusal) {
  std::optional<OwnedDirectory> taken;
  if (!ours) {
    TORPOR_TRY(taken, take_state(files, state, ::getuid()));
  }
  return write_refusal(files, state, refusal);
}

}  // namespace

// Made first: of a path that is not there nobody can say whose it is. What is made is made below
// directories that are judged right after.
Status check_own_directory(Files& files, const std::string& path, std::uint32_t uid) {
  TORPOR_CHECK(files.make_directories(path));
  TORPOR_TRY(FileFacts facts, files.owned_facts(path, uid));
  // Sticky is enough on the way, as /tmp is; a directory that others may fill is nobody's own.
  facts.mode &= ~kSticky;
  return check_path_part(path, facts, uid);
}

Status prepare(RoleHome& home, LinkRole role, const RoleFlags& flags, Files& files, const PosixClock& clock) {
  TORPOR_ASSERT(!home.admission, "roles.a_home_is_prepared_once");
  // First of all: whatever is refused is refused under this name.
  home.own.role = role;
  const std::uint32_t uid = ::getuid();
  TORPOR_TRY(home.site, load_site(files, flags.site, uid));
  // Before anything in it is read, and before the link: a role that is there already keeps both.
  TORPOR_TRY(home.state, take_state(files, flags.state, uid));
  say_strays(role, flags.state, home.state->strays());
  home.own.claim = &home.peer;
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
  TORPOR_ASSERT((home.own.contract != nullptr) == home.admission.has_value(),
                "roles.a_contract_comes_only_from_an_admission");
  return {};
}

void say_strays(LinkRole role, const std::string& place, const Strays& strays) {
  const std::string_view program = program_of(role);
  if (strays.removed > 0)
    tell("{}: {}: removed {} files that killed writes had left\n", program, place, strays.removed);
  if (strays.left)
    tell("{}: what a killed write had left stays: {}\n", program, one_line(*strays.left).view());
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

int end_with(const Error& error, const RoleHome& home, const RoleFlags& flags, Files& files,
             const Clock& clock, const TellRefusal& tell_refusal) {
  const std::string_view program = program_of(home.own.role);
  tell_error(program, error);
  const int code = exit_code(error.reason);
  // A supervisor reads 0 as "done" and would leave the role off for good.
  TORPOR_ASSERT(code != 0, "roles.an_error_never_exits_with_0");
  // A file that is not there is looked for again, and said all the same.
  const bool missing = error.reason == Reason::bundle_missing || error.reason == Reason::trust_missing;
  // After what does not pass a supervisor leaves the role down, until a person acts: people are told as of
  // a refusal, whatever the number.
  if (passing(error.reason) && !missing) return code;
  const auto boot_id = read_boot_id();
  Refusal refusal{.role = name(home.own.role),
                  .device = home.site.device_id,
                  .error = error,
                  .own = {},
                  .peer = {},
                  .differing = {},
                  .at = clock.now(),
                  .boot_id = boot_id.view()};
  if (const Contract* contract = home.own.contract; contract != nullptr)
    refusal.own = BundleFacts{.digest = contract->digest(), .sequence = contract->sequence()};
  if (home.peer.heard) refusal.peer = BundleFacts{.digest = home.peer.digest, .sequence = home.peer.sequence};
  const std::vector<FieldDifference> fields = differences(home);
  std::vector<DifferingField> differing;
  for (const FieldDifference& d : fields) differing.push_back({d.field.view(), d.a.view(), d.b.view()});
  refusal.differing = differing;
  if (!differing.empty()) tell("{}: {}\n  {}\n", program, differences_line(refusal), what_to_do(refusal));
  const Status left = leave_refusal(files, flags.state, home.state.has_value(), refusal);
  if (!left) tell("{}: {}\n", program, one_line(left.error()).view());
  if (tell_refusal) tell_refusal(note_of(refusal));
  return code;
}

}  // namespace torpor
