// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fixed_string.h"

// Wall time as text, in both of the forms torpor writes. Gregorian calendar before its time
// too, no leap seconds, no time zone of the machine. No heap; freestanding.
namespace torpor {

struct CivilTime {
  int year;
  unsigned month, day;  // 1..12, 1..31
  unsigned hour, minute, second;
};

// Seconds since 1970-01-01 UTC, of years 0 to 9999.
CivilTime civil_of(std::int64_t seconds);
// The way back; nothing where there is no such time: February 30, hour 24, second 60, year 10000.
std::optional<std::int64_t> unix_seconds(const CivilTime& time);

// The last whole second at or before `t`.
std::int64_t unix_seconds(WallTime t);

// For programs: "2026-01-31T00:00:00Z" for seconds since 1970, to the end of year 9999; the
// bare number outside of that.
FixedString<24> utc_text(std::int64_t seconds);
// Exactly that form, years 0 to 9999; nothing for anything else.
std::optional<std::int64_t> parse_utc(std::string_view text);

// For people: "2027-01-15 08:42:15 UTC", and its time of day alone, "08:42:15".
FixedString<23> utc(WallTime t);
FixedString<8> utc_clock(WallTime t);

}  // namespace torpor
