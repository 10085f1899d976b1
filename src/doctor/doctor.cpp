// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "doctor/doctor.h"

#include <algorithm>

#include "doctor/checks.h"

namespace torpor {

std::string_view name(Severity severity) {
  constexpr std::string_view kNames[] = {"fine", "unknown", "warning", "serious"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::vector<Finding> examine(SystemTree& tree, const DoctorFacts& facts) {
  Findings out;
  // In the order of docs/doctor.md, which is the order in which one mends: the contract, what draws, what
  // keeps awake, the rest. A check never depends on what another found.
  check_bundles(facts, out);
  check_gpu(tree, facts, out);
  check_rails(tree, out);
  check_power_model(tree, facts, out);
  check_clocks(tree, out);
  check_suspend(tree, facts, out);
  check_wake_sources(tree, facts, out);
  check_timers(facts, out);
  check_capabilities(facts, out);
  check_wall_time(facts, out);
  check_sensor(tree, out);
  return out;
}

Severity worst(const std::vector<Finding>& findings) {
  // The enumeration is in the order of badness: "unknown" is better than a warning, because nothing is known
  // to be wrong.
  Severity most = Severity::fine;
  for (const Finding& finding : findings) most = std::max(most, finding.severity);
  return most;
}

int exit_code(Severity severity) {
  // Unknown is 0: on a machine without root every run would fail otherwise. Below 64, where errors of the
  // command itself begin (docs/exit-codes.md).
  return severity == Severity::serious ? 2 : severity == Severity::warning ? 1 : 0;
}

std::string printable(std::string_view text) {
  // Names of devices and processes are chosen by others and end up on a terminal.
  std::string out(text);
  for (char& c : out) {
    if (c == '\n' || c == '\t') c = ' ';
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

std::optional<std::string> shown(SystemTree& tree, const std::string& path) {
  SystemTree::Text text;
  if (!tree.read(path, text)) return std::nullopt;
  return printable(text);
}

std::vector<std::string> names_in(SystemTree& tree, const std::string& path) {
  auto names = tree.list(path);
  return names ? *std::move(names) : std::vector<std::string>{};
}

std::string joined(const std::vector<std::string>& parts) {
  // A line of a terminal or two; how many more there are is said.
  constexpr std::size_t kMost = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(parts.size(), kMost); ++i) {
    if (i > 0) out += ", ";
    out += parts[i];
  }
  if (parts.size() > kMost) out += fmt::format(" and {} more", parts.size() - kMost);
  return out;
}

}  // namespace torpor
