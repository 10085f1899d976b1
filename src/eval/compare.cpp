// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "eval/compare.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace torpor::eval {
namespace {

// Four digits: what more there is hangs on the last bit of nothing that matters.
double rounded(double x) { return std::round(x * 1e4) / 1e4; }

}  // namespace

const char* kind_name(std::size_t kind) {
  constexpr const char* kNames[kKinds] = {"logit", "log_band", "kurtosis", "averaged"};
  return kNames[kind];
}

double Units::averaged(const CycleScores& s) const {
  // As the robot weighs them: at a speed the baseline has not seen, levels are off by speed alone, and only
  // the score that is free of gain may stand beside the logit (docs/features.md).
  const std::size_t beside = static_cast<std::size_t>(s.calibrated_speed ? Score::log_band : Score::kurtosis);
  return 0.5 * (scale[0].z(s.value[0]) + scale[beside].z(s.value[beside]));
}

Units units_of(std::span<const CycleScores> held_out) {
  Units units;
  units.n = held_out.size();
  // Scales before thresholds: the threshold of "averaged" is in their units.
  for (std::size_t s = 0; s < kScores; ++s) units.scale[s] = scale_of(column(units, held_out, s));
  for (std::size_t k = 0; k < kKinds; ++k)
    units.threshold[k] = self_set_threshold(column(units, held_out, k));
  return units;
}

std::vector<double> column(const Units& units, std::span<const CycleScores> scores, std::size_t kind) {
  std::vector<double> out;
  for (const CycleScores& s : scores) out.push_back(kind < kScores ? s.value[kind] : units.averaged(s));
  return out;
}

nlohmann::ordered_json compare(const Units& units, std::span<const CycleScores> healthy,
                               std::span<const CycleScores> faulty) {
  nlohmann::ordered_json out;
  for (std::size_t k = 0; k < kKinds; ++k) {
    const auto h = column(units, healthy, k), f = column(units, faulty, k);
    out[kind_name(k)] = {{"auc", rounded(auc(h, f))},
                         {"tpr_at_fpr0", rounded(tpr_at_fpr0(h, f))},
                         {"fpr", rounded(share_above(h, units.threshold[k]))},
                         {"tpr", rounded(share_above(f, units.threshold[k]))}};
  }
  return out;
}

nlohmann::ordered_json compared(nlohmann::ordered_json head, const Units& units,
                                std::span<const CycleScores> healthy, std::span<const CycleScores> faulty) {
  head["healthy_windows"] = healthy.size();
  head["fault_windows"] = faulty.size();
  if (healthy.empty()) {
    head["refused"] = "no healthy window";
  } else if (faulty.empty()) {
    head["refused"] = "no fault window";
  } else {
    head["scores"] = compare(units, healthy, faulty);
  }
  return head;
}

Result<nlohmann::ordered_json> results_of(nlohmann::ordered_json machines, const std::string& manifest,
                                          std::string_view needs) {
  std::string refused;
  for (const auto& machine : machines) {
    if (machine.contains("scores")) return nlohmann::ordered_json{{"machines", std::move(machines)}};
    if (machine.contains("refused")) refused = machine["refused"];
    if (!machine.contains("results")) continue;
    for (const auto& row : machine["results"]) {
      if (row.contains("scores")) return nlohmann::ordered_json{{"machines", std::move(machines)}};
      refused = row["refused"];
    }
  }
  if (refused.empty()) refused = "no such machine";
  return Error{.reason = Reason::eval_nothing}.at(manifest).saw(std::string_view(refused)).want(needs);
}

}  // namespace torpor::eval
