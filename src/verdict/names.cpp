// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "verdict/event.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

namespace torpor {

// No default in any of these: the compiler names the case that a new value lacks. Behind them falls only a
// number that was cast.
std::string_view name(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::healthy:
      return "healthy";
    case VerdictKind::watch:
      return "watch";
    case VerdictKind::alarm:
      return "alarm";
    case VerdictKind::sensor_fault:
      return "sensor_fault";
    case VerdictKind::shock:
      return "shock";
    case VerdictKind::not_scored:
      return "not_scored";
  }
  return "unknown";
}

std::string_view name(VerdictReason reason) {
  switch (reason) {
    case VerdictReason::none:
      return "none";
    case VerdictReason::learning_fit:
      return "learning_fit";
    case VerdictReason::learning_calibration:
      return "learning_calibration";
    case VerdictReason::not_armed:
      return "not_armed";
    case VerdictReason::no_window:
      return "no_window";
    case VerdictReason::gap:
      return "gap";
    case VerdictReason::not_a_number:
      return "not_a_number";
    case VerdictReason::stuck:
      return "stuck";
    case VerdictReason::wrong_rate:
      return "wrong_rate";
    case VerdictReason::saturated:
      return "saturated";
    case VerdictReason::backend_failed:
      return "backend_failed";
    case VerdictReason::over_deadline:
      return "over_deadline";
    case VerdictReason::budget_spent:
      return "budget_spent";
    case VerdictReason::repeated_cycle:
      return "repeated_cycle";
    case VerdictReason::bad_score:
      return "bad_score";
    case VerdictReason::window_refused:
      return "window_refused";
  }
  return "unknown";
}

std::string_view name(JudgeState state) {
  switch (state) {
    case JudgeState::learning_fit:
      return "learning_fit";
    case JudgeState::learning_calibration:
      return "learning_calibration";
    case JudgeState::armed:
      return "armed";
    case JudgeState::not_armed:
      return "not_armed";
  }
  return "unknown";
}

std::string_view name(CrossingCause cause) {
  constexpr std::string_view kNames[kCrossingCauses] = {"none", "evidence", "shocks", "place"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::accept:
      return "accept";
    case EventKind::reset:
      return "reset";
    case EventKind::maintenance:
      return "maintenance";
  }
  return "unknown";
}

}  // namespace torpor
