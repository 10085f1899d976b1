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

Duration lasted(const CycleReport& report, Phase phase) {
  const Duration span = report.spent[static_cast<std::size_t>(phase)];
  // A record may hold any number; one that is no speed is taken for real time.
  if (!is_work(phase) || !(report.speed > 1) || !std::isfinite(report.speed)) return span;
  // In floating point, as speed is in the record; a nanosecond of an hour is well within.
  return Duration(std::llround(static_cast<double>(span.count()) / report.speed));
}

Duration awake_of(const CycleReport& report) {
  Duration awake{};
  // The waits follow the schedule, which runs on the scaled clock; a processor does not.
  for (std::size_t i = 0; i < static_cast<std::size_t>(Phase::report); ++i) {
    awake += lasted(report, static_cast<Phase>(i));
  }
  return awake;
}

}  // namespace torpor
