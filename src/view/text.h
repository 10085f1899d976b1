// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

// Small pieces of text that every view writes the same way.
namespace torpor {

std::string hex(const Digest& digest);
std::string short_hex(const Digest& digest);  // the first 12 digits, for people

std::string utc(WallTime t);        // "2027-01-15 08:42:15 UTC"
std::string utc_clock(WallTime t);  // "08:42:15"
std::int64_t unix_seconds(WallTime t);

// The text itself where it is UTF-8, else with '?' for every byte beyond ASCII.
std::string valid_text(std::string_view text);

// "60.000 s", "+12.3 ms", "-1.800 s", "410 us": three or four digits that matter.
std::string human(Duration d, bool sign = false);
// "5.31 J", "790 mJ", "1.2 kJ".
std::string human_mj(double millijoules);
// A name of the code as a word: "infer deadline".
std::string words(std::string_view name);
// "96.0 kB"
std::string human_bytes(std::uint64_t bytes);

double seconds(Duration d);

}  // namespace torpor
