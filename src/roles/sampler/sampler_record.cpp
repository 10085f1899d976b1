// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/sampler_record.h"

#include <unistd.h>

#include "base/assertion.h"
#include "notes/refusal.h"
#include "program/error_text.h"
#include "roles/role_flags.h"

namespace torpor {

SamplerRecord::SamplerRecord(const Parts& parts, Paths paths)
    : admission_(parts.admission),
      files_(parts.files),
      paths_(std::move(paths)),
      trust_(parts.files, {.trust = paths_.trust, .own_uid = ::getuid()}, parts.admission.signer) {}

Status SamplerRecord::agreed() { return kept(admission_.store.begin(admission_.contract, paths_.bundle)); }

Status SamplerRecord::window_sent() {
  const Status counted = admission_.store.cycle_completed(admission_.contract);
  const Status over = end_earlier_refusal();
  return kept(counted ? over : counted);
}

// People should not have to wait for the end of a good run to see it. What servers were told is taken
// back by torpor-retry.timer: the sampler speaks to none.
Status SamplerRecord::end_earlier_refusal() {
  if (refusal_over_) return {};
  TORPOR_TRY([[maybe_unused]] const bool any, end_refusal(files_, paths_.state));
  refusal_over_ = true;
  return {};
}

// The first of a session, which a restart explains, and each after it, which nothing does.
void SamplerRecord::request_refused(const Error& why, std::uint32_t times) {
  TORPOR_ASSERT(times > 0, "roles.a_refusal_is_counted");
  tell_error(kSamplerProgram, why);
}

Status SamplerRecord::may_go_on() {
  const bool well_before = !trust_.trouble();
  TORPOR_CHECK(trust_.look());
  // Once, not every minute.
  if (well_before && trust_.trouble()) tell_error(kSamplerProgram, *trust_.trouble());
  return {};
}

std::optional<Reason> SamplerRecord::notice() const {
  return admission_.store.wiped() ? std::optional(Reason::rollback_state_wiped) : std::nullopt;
}

// A full disk would else say a line a minute.
Status SamplerRecord::kept(const Status& status) {
  if (!status && trouble_ != status.error().reason) tell_error(kSamplerProgram, status.error());
  trouble_ = status ? std::nullopt : std::optional(status.error().reason);
  return status;
}

}  // namespace torpor
