// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/declared_meter.h"

#include "power/span_cost.h"

namespace torpor {
namespace {

Error no_rail(std::string_view source) {
  Error error{.reason = Reason::system_absent};
  error.where << "module rail";
  error.found << source;
  return error;
}

}  // namespace

// Held is dearer than asleep: what a device was kept through a sleep costs is the incident.
EnergyCost DeclaredMeter::lap(Phase phase, Duration span, bool held) {
  double rail_mw = model_.sample_mw;
  if (phase == Phase::sleep) rail_mw = model_.sleep_mw;
  if (held || phase == Phase::infer || phase == Phase::release) rail_mw = model_.infer_mw;
  return {.mj = attributed_mj(rail_mw, model_.idle_mw, span)};
}

Result<std::int64_t> DeclaredMeter::rail_mw() { return no_rail(source()); }

Result<std::int64_t> NoMeter::rail_mw() { return no_rail(source()); }

}  // namespace torpor
