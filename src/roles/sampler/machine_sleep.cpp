// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "roles/sampler/machine_sleep.h"

#include "base/assertion.h"
#include "base/posix/tell.h"
#include "program/error_text.h"
#include "roles/role_flags.h"

namespace torpor {

SuspendOutcome LoggedSleep::suspend_until(BootTime until) {
  const SuspendOutcome outcome = sleep_.suspend_until(until);
  TORPOR_ASSERT(outcome.slept >= Duration::zero(), "roles.a_machine_does_not_sleep_backwards");
  if (outcome.trouble && outcome.trouble->reason != said_) tell_error(kSamplerProgram, *outcome.trouble);
  // A good sleep in between makes the same trouble news again.
  said_ = outcome.trouble ? std::optional(outcome.trouble->reason) : std::nullopt;
  return outcome;
}

void LoggedSleep::given_up(const Error& last) {
  sleep_.given_up(last);
  Error error{.reason = Reason::suspend_given_up};
  error.where << name(last.reason);
  tell_error(kSamplerProgram, error);
}

MachineSleep::MachineSleep(const std::string& root, const PosixClock& clock)
    : tree_(root),
      alarm_(BoottimeAlarm::make(clock)),
      host_(tree_, clock, alarm_ ? alarm_->get() : nullptr),
      logged_(host_) {
  TORPOR_ASSERT(clock.speed() == 1, "roles.a_machine_sleeps_in_real_time");
  const SuspendMeans& means = host_.means();
  if (means.missing) {
    tell_error(kSamplerProgram, *means.missing);
    return;
  }
  tell("{}: sleeps by suspend ({}), woken by {}\n", kSamplerProgram,
       means.level.empty() ? "mem" : means.level.view(), host_.woken_by());
}

}  // namespace torpor
