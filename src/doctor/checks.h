// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <fmt/core.h>

#include "doctor/doctor.h"

// The parts of examine(), one function per check or two that belong together. Each adds at
// least one finding.
namespace torpor {

using Findings = std::vector<Finding>;

// Linux capability numbers (linux/capability.h).
inline constexpr unsigned kCapKill = 5;
inline constexpr unsigned kCapSysPtrace = 19;
inline constexpr unsigned kCapWakeAlarm = 35;
[[nodiscard]] inline bool has_capability(const DoctorFacts& facts, unsigned number) {
  return ((facts.capabilities >> number) & 1u) != 0;
}

void check_rails(SystemTree& tree, Findings& out);
void check_gpu(SystemTree& tree, const DoctorFacts& facts, Findings& out);
void check_power_model(SystemTree& tree, const DoctorFacts& facts, Findings& out);
void check_clocks(SystemTree& tree, Findings& out);

void check_suspend(SystemTree& tree, const DoctorFacts& facts, Findings& out);
void check_wake_sources(SystemTree& tree, const DoctorFacts& facts, Findings& out);
void check_timers(const DoctorFacts& facts, Findings& out);

void check_capabilities(const DoctorFacts& facts, Findings& out);
void check_wall_time(const DoctorFacts& facts, Findings& out);
void check_sensor(SystemTree& tree, Findings& out);
void check_bundles(const DoctorFacts& facts, Findings& out);

// --- reading, the way every check does it ------------------------------------------

// The attribute, with everything that is not printable ASCII as '?'; none where it cannot be read.
std::optional<std::string> shown(SystemTree& tree, const std::string& path);
std::string printable(std::string_view text);
// A directory's names; empty where it cannot be listed.
std::vector<std::string> names_in(SystemTree& tree, const std::string& path);
std::string joined(const std::vector<std::string>& parts);  // "a, b, c", at most eight, then "and n more"
[[nodiscard]] inline bool wants_suspend(const DoctorFacts& facts) {
  return facts.terms && facts.terms->power.sleep_level == SleepLevel::suspend;
}

}  // namespace torpor
