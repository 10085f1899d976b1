// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "cli/contract_text.h"

#include <fmt/core.h>

#include "base/utc.h"
#include "contract/field_table.h"

namespace torpor {
namespace {

Json value_json(const Field& field, const FieldValue& value) {
  // Words of an enumeration and times as text, as in the TOML: the JSON can be held against what was signed.
  if (field.type == FieldType::integer) return value.number;
  return std::string(to_text(field, value).view());
}

// The object a dotted name leads to, made on the way; the last part is the key.
Json& nested(Json& root, std::string_view name) {
  Json* at = &root;
  for (;;) {
    const std::size_t dot = name.find('.');
    at = &(*at)[std::string(name.substr(0, dot))];
    if (dot == name.npos) return *at;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string terms_table(const Terms& terms) {
  std::string text;
  for (const Field& field : fields()) {
    if (field.per_sensor) continue;
    text += fmt::format("  {:<42} {}\n", field.name, to_text(field, field.get(terms, 0)).view());
  }
  for (std::size_t i = 0; i < terms.sensor_count; ++i) {
    for (const Field& field : fields()) {
      if (!field.per_sensor) continue;
      text +=
          fmt::format("  {:<42} {}\n", path_of(field, i).view(), to_text(field, field.get(terms, i)).view());
    }
  }
  return text;
}

std::string terms_summary(const Terms& t) {
  std::string text =
      fmt::format("  {} sequence {} for {}, valid {} to {}\n", t.contract_id.view(), t.sequence,
                  t.target_class.view(), utc_text(t.not_before_s).view(), utc_text(t.expires_s).view());
  text += fmt::format("  every {} ms: sample {} ms, infer at most {} ms, release within {} ms, then asleep\n",
                      t.duty.period_ms(), t.duty.sample_ms, t.power.infer_deadline_ms,
                      t.power.release_deadline_ms);
  text += fmt::format("  at most {} mJ a cycle, {} mJ an hour, idle below {} mW\n",
                      t.power.active_mj_per_cycle, t.power.mj_per_hour, t.power.idle_mw);
  text += fmt::format("  {} sensor{}, alarm after {} healthy cycles, a false one in {} cycles\n",
                      t.sensor_count, t.sensor_count == 1 ? "" : "s",
                      // In 64 bits: both may be large, and this line is what a signer reads.
                      std::uint64_t{t.alarm.fit_cycles} + t.alarm.calibration_cycles,
                      t.alarm.cycles_between_false_alarms);
  return text;
}

Json terms_json(const Terms& terms) {
  Json root;
  for (const Field& field : fields()) {
    if (!field.per_sensor) {
      nested(root, field.name) = value_json(field, field.get(terms, 0));
      continue;
    }
    // The table's name in front of the field, "sensors": a list of objects takes its place.
    const std::string_view list = section_of(field, 1);
    Json& sensors = nested(root, list);
    for (std::size_t i = 0; i < terms.sensor_count; ++i)
      nested(sensors[i], field.name.substr(list.size() + 1)) = value_json(field, field.get(terms, i));
  }
  return root;
}

}  // namespace torpor
