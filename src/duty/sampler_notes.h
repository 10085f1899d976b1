// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "link/message.h"
#include "report/cycle_report.h"

// What only the sampler knows, as it goes into a report: how the machine slept, and that it
// stopped a detector.
namespace torpor {

// A sleep came before this cycle: where the contract wants it suspended, the report says that
// nobody said so, until note_sleep().
void expect_sleep_note(const PowerTerms& power, CycleReport& report);

// SLEPT: how the sleep before this cycle was slept. It waits in the link until we are awake,
// for nothing wakes us. Breach::suspend once the contract's suspend is given up.
void note_sleep(const Slept& slept, const PowerTerms& power, CycleReport& report);

// STOPPED: the detector before this one was awake for so long. 0: it was not stopped.
void note_stop(Duration awake, CycleReport& report);

}  // namespace torpor
