// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/alarm_post.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/utc.h"
#include "telemetry/catalogue.h"

namespace torpor {
std::string alarm_id(const CycleReport& report) {
  return fmt::format("{}/{}/{}/{}", report.device.view(), report.sensor.view(), report.verdict.arming_epoch,
                     report.verdict.first_crossing_cycle);
}

std::string alarm_post(const CycleReport& report, std::optional<WallTime> ends_at) {
  const std::string_view found = report.verdict.explanation.view();
  nlohmann::ordered_json alert = {
      {"labels",
       {{"alertname", "TorporBearingAlarm"},
        {"severity", "critical"},
        {"job", kJob},
        {"instance", valid_text(report.device.view())},
        {"sensor", valid_text(report.sensor.view())},
        {"alarm_id", valid_text(alarm_id(report))}}},
      {"annotations",
       {{"summary", valid_text(fmt::format("Bearing alarm on {}, sensor {}", report.device.view(),
                                           report.sensor.view()))},
        {"description", found.empty() ? "The evidence names no part." : "Points at: " + valid_text(found)}}},
  };
  if (ends_at) alert["endsAt"] = utc_text(unix_seconds(*ends_at)).view();
  return nlohmann::ordered_json::array({alert}).dump();
}

std::string refusal_post(const RefusalNote& note, const std::string& instance,
                         std::optional<WallTime> ends_at) {
  nlohmann::ordered_json labels = {{"alertname", "TorporRefused"},
                                   {"severity", "critical"},
                                   {"instance", valid_text(instance)},
                                   {"role", valid_text(note.role)},
                                   {"reason", valid_text(note.reason)}};
  if (!note.own_digest.empty()) labels["own_digest"] = valid_text(note.own_digest);
  if (!note.peer_digest.empty()) labels["peer_digest"] = valid_text(note.peer_digest);
  nlohmann::ordered_json alert = {
      {"labels", labels},
      {"annotations",
       {{"summary",
         valid_text(fmt::format("{}: the {} refuses to run: {}", instance, note.role, note.reason))},
        {"description", valid_text(note.line + "\n" + note.next_step)}}},
  };
  if (ends_at) alert["endsAt"] = utc_text(unix_seconds(*ends_at)).view();
  return nlohmann::ordered_json::array({alert}).dump();
}

}  // namespace torpor
