// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace torpor {

// From a cycle (mJ) to a shift (kJ): the unit is told, so the eye must not count digits.
std::string human_mj(double millijoules) {
  const double size = std::fabs(millijoules);
  if (size >= 1e6) return fmt::format("{:.2f} kJ", millijoules / 1e6);
  if (size >= 1e3) return fmt::format("{:.2f} J", millijoules / 1e3);
  return fmt::format("{:.0f} mJ", millijoules);
}

std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// Powers of ten, as disks and links are sold; contracts count single bytes.
std::string human_bytes(std::uint64_t bytes) {
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  if (bytes >= 1'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{} B", bytes);
}

double seconds(Duration d) { return seconds_of(d); }

}  // namespace torpor
