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
//        720  19:00:00     -0.1 ms  ALARM            69.1 /  13.3    7.8    7.7    3.2   43 ms   4.66 J
//
// `colour` adds ANSI escapes (which take no columns): only for a terminal. No heap.
FixedString<256> live_line(const CycleReport& report, bool colour);

// The head of the columns of live_line().
std::string_view live_head();

}  // namespace torpor
