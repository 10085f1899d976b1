// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eval/compare.h"
#include "eval/protocols.h"

namespace torpor::eval {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string figures(const Json& scores) {
  std::string out;
  for (std::size_t k = 0; k < kKinds; ++k) {
    const Json& s = scores[kind_name(k)];
    out += fmt::format(" | {:5.3f} {:4.2f} {:4.2f} {:4.2f}", s["auc"].get<double>(),
                       s["tpr_at_fpr0"].get<double>(), s["fpr"].get<double>(), s["tpr"].get<double>());
  }
  return out + "\n";
}

std::string alarm_words(const Json& row) {
  if (row.contains("not_armed")) return "not armed, " + text_of(row["not_armed"]);
  const auto cycles = row["armed_cycles"].get<std::uint64_t>();
  if (row["alarm_s"].is_null()) return fmt::format("no alarm in {} cycles", cycles);
  const std::string in = fmt::format("alarm in {}", text_of(row["alarm_in"]));
  if (row["alarm_share_of_life"].is_null()) return fmt::format("{}, of {} cycles", in, cycles);
  return fmt::format("{} at {:.3f} of life, of {} cycles", in, row["alarm_share_of_life"].get<double>(),
                     cycles);
}

std::string head(const char* what) {
  std::string out = fmt::format("{:34}{:24}{:>8}{:>8}", "machine", what, "healthy", "faulty");
  for (std::size_t k = 0; k < kKinds; ++k) out += fmt::format(" | {:20}", kind_name(k));
  return out + "\n" + std::string(74, ' ') + "   AUC, TPR at FPR 0, FPR and TPR at the self-set threshold\n";
}

}  // namespace

std::string table(const std::string& document) {
  // Of evaluate() alone, whose keys are known: parsed without exceptions, and no key is asked for twice.
  const Json all = Json::parse(document, nullptr, false);
  if (all.is_discarded()) return {};
  const std::string protocol = all["protocol"];
  std::string out;
  // Lives and replays have outcomes, not figures per kind of fault: each its own form.
  if (protocol == "life") {
    for (const auto& [kind, margins] : all["totals"].items())
      for (const auto& [margin, counts] : margins.items())
        out += fmt::format("{:9} margin {:>4}: early {} missed {} late {} in time {}\n", kind, margin,
                           counts["early"].get<int>(), counts["missed"].get<int>(), counts["late"].get<int>(),
                           counts["in time"].get<int>());
    for (const Json& m : all["machines"])
      if (m.contains("refused")) out += fmt::format("{}: {}\n", text_of(m["machine"]), text_of(m["refused"]));
    return out;
  }
  if (protocol == "replay") {
    for (const Json& m : all["machines"]) {
      out +=
          fmt::format("{}: {}\n", text_of(m["machine"]), m.contains("refused") ? text_of(m["refused"]) : "");
      if (m.contains("refused")) continue;
      for (const auto& [kind, grid] : m["scores"].items())
        for (const Json& r : grid)
          out += fmt::format("  {:9} A {:>9} m {}: {}\n", kind,
                             r["cycles_between_false_alarms"].get<std::uint64_t>(),
                             r["tolerance_mad"].get<double>(), alarm_words(r));
    }
    return out;
  }
  // The three others share one table; only what a row is about has another name.
  out = head(protocol == "loso" ? "left out" : protocol == "dilute" ? "level dB" : "faults");
  for (const Json& m : all["machines"]) {
    if (m.contains("refused")) {
      out += fmt::format("{:34}{}\n", text_of(m["machine"]), text_of(m["refused"]));
      continue;
    }
    for (const Json& row : m["results"]) {
      const Json& what = row[protocol == "loso" ? "left_out" : protocol == "dilute" ? "level_db" : "faults"];
      out += fmt::format("{:34}{:24}", text_of(m["machine"]), text_of(what));
      if (row.contains("refused")) {
        out += text_of(row["refused"]) + "\n";
        continue;
      }
      out += fmt::format("{:8}{:8}", row["healthy_windows"].get<std::uint64_t>(),
                         row["fault_windows"].get<std::uint64_t>()) +
             figures(row["scores"]);
    }
  }
  return out;
}

}  // namespace torpor::eval
