// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Times of different clocks do not meet, and a bare number is no time.
#include "base/clock.h"
#include "base/role.h"

namespace torpor {

// What is right compiles.
Duration awake(BootTime woken, const TimeStamp& now) { return now.boot - woken + std::chrono::seconds(1); }

#ifdef MUST_NOT_COMPILE
// NOT boot_time_is_not_compared_with_mono_time: no match for 'operator<'
bool earlier(BootTime a, MonoTime b) { return a < b; }

// NOT boot_time_is_not_compared_with_wall_time: no match for 'operator=='
bool same(BootTime a, WallTime b) { return a == b; }

// NOT mono_time_is_not_compared_with_wall_time: no match for 'operator>='
bool later(MonoTime a, WallTime b) { return a >= b; }

// NOT wall_time_is_not_subtracted_from_boot_time: no match for 'operator-'
Duration since(BootTime a, WallTime b) { return a - b; }

// NOT mono_time_is_not_subtracted_from_boot_time: no match for 'operator-'
Duration suspended(const TimeStamp& now) { return now.boot - now.mono; }

// NOT mono_time_is_no_boot_time: could not convert
BootTime deadline(MonoTime t) { return t; }

// NOT wall_time_is_not_assigned_to_boot_time: no match for 'operator='
void assign(BootTime& to, WallTime from) { to = from; }

// NOT a_stamp_takes_each_clock_by_its_type: could not convert
TimeStamp stamp(MonoTime t) { return {.boot = t}; }

// NOT a_deadline_is_boot_time: could not convert
Wait wait(WallTime t) { return {.until = t}; }

// NOT a_deadline_is_no_number: could not convert
Wait wait_ms() { return {.until = 5000}; }

// NOT two_times_are_not_added: no match for 'operator+'
BootTime sum(BootTime a, BootTime b) { return a + b; }

// NOT a_number_is_no_duration: conversion from 'int'
Duration five = 5;

// NOT a_number_is_not_added_to_a_time: no match for 'operator+'
BootTime later_by(BootTime t) { return t + 5; }

// NOT a_number_is_not_compared_with_a_duration: no match for 'operator>'
bool longer(Duration d) { return d > 5000; }

// NOT a_duration_is_no_number: cannot convert
std::int64_t count(Duration d) { return d; }

// NOT a_time_is_no_number: cannot convert
std::int64_t ns(BootTime t) { return t; }

// NOT a_duration_is_no_time: could not convert
BootTime at(Duration d) { return d; }

// NOT a_fraction_is_no_duration: conversion from
Duration half = std::chrono::duration<double>(0.5);

// NOT a_named_clock_tells_no_time: 'now' is not a member of
BootTime now() { return BootTime::clock::now(); }
#endif

}  // namespace torpor
