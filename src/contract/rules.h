// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/result.h"
#include "contract/contract.h"

// What must hold between the fields. Checked when a contract is signed and again when it
// is verified, by this one function, so that no signed contract can silence a robot, keep
// it awake or blind its checks by arithmetic. Freestanding; 64-bit integers only.
namespace torpor {

// The healthy cycles to learn from must pass within this time, or the alarm would arm
// long after the bearing has run in.
inline constexpr std::uint64_t kMaxLearningMs = std::uint64_t{90} * 24 * 3600 * 1000;
// What one cycle report takes in the spool at most (docs/record-log.md).
inline constexpr std::uint64_t kSpoolBytesPerCycle = 1024;

// The first rule that is broken, as its own reason (rule_*), with the field at fault in
// `where` after `what`, and both sides of the comparison:
//   rule_validity          expires > not_before
//   rule_interval          interval tolerance < half the period: a doubled rate of cycles is seen
//   rule_deadlines         infer + release deadline < sleep
//   rule_awake_limit       sample + infer + release deadline <= awake limit < period
//   rule_queue_bytes       queue bytes >= 3 windows of all sensors together
//   rule_queue_age         queue age >= sample
//   rule_sensor_repeated   sensor ids differ from each other
//   rule_one_sensor        one sensor: a second would be signed and never sampled
//   rule_noise_floor       noise floor <= 1 % of full scale: or every window reads as stuck
//   rule_bearing           all of a bearing's numbers or none; elements smaller than the pitch
//                          circle they stand on, and room for all of them on it
//   rule_hourly_energy     mJ per hour >= cycles begun in an hour x active mJ per cycle
//   rule_learning          (fit + calibration cycles) x period <= kMaxLearningMs
//   rule_spool_age         spool age >= telemetry interval
//   rule_spool_bytes       spool bytes >= cycles in a telemetry interval x kSpoolBytesPerCycle
// Values must have passed the field table's bounds.
Status check_rules(const Terms& terms, std::string_view what);

}  // namespace torpor
