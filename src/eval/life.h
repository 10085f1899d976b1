// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <span>
#include <vector>

#include "eval/pack.h"

namespace torpor::eval {

// Machines recorded from healthy to failing: train_healthy, then unlabelled, then
// test_fault rows, in the order of t0_s.
std::vector<PackMachine> lives_of(const Manifest& manifest);

// early: the first lasting alarm (three windows in a row above the threshold) comes while
// the pack still calls the machine healthy; late: not before it calls it failing; missed:
// never. There is no ground truth between the two.
struct LifeOutcome {
  const char* kind = "missed";
  double first_alarm_s = -1;
};
LifeOutcome judge_life(std::span<const double> t_s, std::span<const double> score, double threshold,
                       double healthy_until_s, double failing_from_s);

}  // namespace torpor::eval
