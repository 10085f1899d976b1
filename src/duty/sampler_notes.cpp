// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/sampler_notes.h"

namespace torpor {

void expect_sleep_note(const PowerTerms& power, CycleReport& report) {
  if (power.sleep_level == SleepLevel::suspend) report.sleep_note = "no word from the sampler";
}

void note_sleep(const Slept& slept, const PowerTerms& power, CycleReport& report) {
  report.slept_by = slept.level;
  report.failed_resumes = slept.failed_suspends;
  report.sleep_note = slept.reason.view();
  if (suspend_given_up(power, slept.failed_suspends)) report.set(Breach::suspend);
}

void note_stop(Duration awake, CycleReport& report) {
  report.stopped_after = awake;
  if (awake != Duration::zero()) report.set(Breach::dead_man);
}

}  // namespace torpor
