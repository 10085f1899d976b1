// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/fixed_string.h"
#include "report/cycle_report.h"

namespace torpor {

inline constexpr std::size_t kLiveColumns = 110;

// One report as one line for a terminal, columns aligned from line to line, at most
// kLiveColumns wide, no newline:
//
//   #612 08:42:15  dt 60.000 s +0.1 ms  ALARM    ln R  19.2 / 19.2  z +6.1 +5.8 +2.0   7.9 J/h..
//
// `colour` adds ANSI escapes (which take no columns): only for a terminal. No heap.
FixedString<256> live_line(const CycleReport& report, bool colour);

// The head of the columns of live_line().
std::string_view live_head();

}  // namespace torpor
