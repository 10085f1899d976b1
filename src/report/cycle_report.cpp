// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/cycle_report.h"

#include <cmath>

namespace torpor {

std::string_view name(Breach breach) {
  switch (breach) {
    case Breach::interval:
      return "interval";
    case Breach::awake:
      return "awake";
    case Breach::energy:
      return "energy";
    case Breach::residency:
      return "residency";
    case Breach::infer_deadline:
      return "infer_deadline";
    case Breach::drops:
      return "drops";
    case Breach::expired:
      return "expired";
    case Breach::idle:
      return "idle";
    case Breach::inference:
      return "inference";
    case Breach::device:
      return "device";
    case Breach::dead_man:
      return "dead_man";
    case Breach::budget:
      return "budget";
    case Breach::suspend:
      return "suspend";
  }
  return "unknown";
}

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
  if (!is_work(phase) || !(report.speed > 1)) return span;
  // In floating point, as speed is in the record; a nanosecond of an hour is well within.
  return Duration(std::llround(static_cast<double>(span.count()) / report.speed));
}

Duration awake_of(const CycleReport& report) {
  Duration awake{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(Phase::report); ++i) {
    awake += lasted(report, static_cast<Phase>(i));
  }
  return awake;
}

}  // namespace torpor
