// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/cycle_report.h"

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

}  // namespace torpor
