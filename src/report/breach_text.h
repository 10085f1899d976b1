// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "report/cycle_report.h"

namespace torpor {

// The phase a breach lies in and its numbers, found of allowed, as far as the record has
// them: "1800 of 1500 mJ, infer 1200", "release: rail at 5200 of 4500 mW". What log lines and
// pages say beside the breach's name. The notes in it are as the record holds them: not
// always UTF-8. No heap.
FixedString<160> breach_text(Breach breach, const CycleReport& report);

// "14 by depth, 3 by age"; empty where nothing was dropped.
FixedString<96> drop_text(const DropCounts& drops);

}  // namespace torpor
