// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "report/cycle_report.h"

namespace torpor {

// The phase a breach lies in and its numbers, found of allowed, as far as the record has
// them: "1800 of 1500 mJ, infer 1200", "release: rail at 5200 of 4500 mW". Empty where there
// is nothing to add to the breach's name. No heap.
FixedString<120> breach_text(Breach breach, const CycleReport& report);

}  // namespace torpor
