// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/sampler_record.h"

#include "base/assertion.h"
#include "program/error_text.h"
#include "roles/role_flags.h"

namespace torpor {

void SamplerRecord::agreed() { kept(admission_.store.begin(admission_.contract, bundle_)); }

void SamplerRecord::window_sent() { kept(admission_.store.cycle_completed(admission_.contract)); }

// The first of a session, which a restart explains, and each after it, which nothing does.
void SamplerRecord::request_refused(const Error& why, std::uint32_t times) {
  TORPOR_ASSERT(times > 0, "roles.a_refusal_is_counted");
  tell_error(kSamplerProgram, why);
}

std::optional<Reason> SamplerRecord::notice() const {
  return admission_.store.wiped() ? std::optional(Reason::rollback_state_wiped) : std::nullopt;
}

// A full disk would else say a line a minute.
void SamplerRecord::kept(const Status& status) {
  if (status) {
    trouble_.reset();
    return;
  }
  if (trouble_ != status.error().reason) tell_error(kSamplerProgram, status.error());
  trouble_ = status.error().reason;
}

}  // namespace torpor
