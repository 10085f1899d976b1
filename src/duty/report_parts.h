// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/error.h"
#include "contract/contract.h"
#include "report/cycle_report.h"

namespace torpor {

// What of the contract goes into each report.
ContractFacts facts_of(const Contract& contract);

// "worker_died: exit code 3", for CycleReport::backend_note.
FixedString<96> in_short(const Error& error);

}  // namespace torpor
