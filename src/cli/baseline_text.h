// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "cli/print.h"
#include "verdict/store/baseline_files.h"

// A baseline's summary for programs and for people.
namespace torpor {

// Times in UTC, rates in milli-Hz as in the contract; calibration only while armed.
Json baseline_json(const BaselineSummary& summary);
// Some ten lines on stdout, the first is the baseline's name.
void print_baseline(const BaselineSummary& summary);

}  // namespace torpor
