// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/phase.h"

namespace torpor {

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::wake:
      return "wake";
    case Phase::sample:
      return "sample";
    case Phase::drain:
      return "drain";
    case Phase::infer:
      return "infer";
    case Phase::release:
      return "release";
    case Phase::report:
      return "report";
    case Phase::sleep:
      return "sleep";
  }
  return "unknown";
}

bool is_work(Phase phase) {
  // These take real time whatever the clock's scale; the others wait (docs/decisions.md, Time).
  return phase == Phase::infer || phase == Phase::release || phase == Phase::report;
}

double total(const PhaseMillijoules& energy) {
  double sum = 0;
  for (double part : energy) sum += part;
  return sum;
}

std::string_view name(ResidencyState state) {
  switch (state) {
    case ResidencyState::released:
      return "released";
    case ResidencyState::resident:
      return "resident";
    case ResidencyState::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace torpor
