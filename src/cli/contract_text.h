// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>

#include "cli/print.h"
#include "contract/contract.h"

// A contract's terms for people and for programs, by the field table.
namespace torpor {

// Every field, one a line: "duty.sleep_ms    55000 ms".
std::string terms_table(const Terms& terms);
// What to look at before signing: id, validity, cycle, energy, alarm.
std::string terms_summary(const Terms& terms);
// Nested as in TOML: numbers as numbers, words, names and times as text, digests as hex.
Json terms_json(const Terms& terms);

}  // namespace torpor
