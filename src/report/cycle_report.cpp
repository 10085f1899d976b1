// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/cycle_report.h"

#include <cmath>

namespace torpor {

std::string_view name(WorkerStep step) {
  switch (step) {
    case WorkerStep::init:
      return "init";
    case WorkerStep::load:
      return "load";
    case WorkerStep::infer:
      return "infer";
    case WorkerStep::teardown:
      return "teardown";
  }
  return "unknown";
}

Duration real(const CycleReport& report, Phase phase) {
  const Duration span = report.spent[static_cast<std::size_t>(phase)];
  // A record may hold any number; one that is no speed is taken for real time.
  if (report.speed == 1 || !(report.speed > 0) || !std::isfinite(report.speed)) return span;
  return Duration(std::llround(static_cast<double>(span.count()) / report.speed));
}

Duration awake_of(const CycleReport& report) {
  Duration awake{};
  // Waits follow the schedule, which runs on the scaled clock.
  for (const Phase waiting : {Phase::wake, Phase::sample, Phase::drain})
    awake += report.spent[static_cast<std::size_t>(waiting)];
  // A processor does not work faster because a clock does.
  for (const Phase working : {Phase::infer, Phase::release}) awake += real(report, working);
  return awake;
}

}  // namespace torpor
