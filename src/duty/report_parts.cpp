// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/report_parts.h"

namespace torpor {

ContractFacts facts_of(const Contract& contract) {
  const Terms& t = contract.terms();
  return {.id = t.contract_id,
          .digest = contract.digest(),
          .sequence = contract.sequence(),
          .sample_ms = t.duty.sample_ms,
          .sleep_ms = t.duty.sleep_ms,
          .interval_tolerance_ms = t.duty.interval_tolerance_ms,
          .awake_limit_ms = t.power.awake_limit_ms,
          .idle_mw = t.power.idle_mw,
          .active_mj_per_cycle = t.power.active_mj_per_cycle,
          .mj_per_hour = t.power.mj_per_hour,
          .cycles_between_false_alarms = t.alarm.cycles_between_false_alarms};
}

FixedString<96> in_short(const Error& error) {
  FixedString<96> text(name(error.reason));
  for (const std::string_view part : {error.where.view(), error.found.view()}) {
    if (!part.empty()) text << ": " << part;
  }
  return text;
}

}  // namespace torpor
