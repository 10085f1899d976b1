// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/text.h"

#include <fmt/format.h>

#include <cmath>

namespace torpor {

std::string human_mj(double millijoules) {
  const double size = std::fabs(millijoules);
  if (size >= 1e6) return fmt::format("{:.2f} kJ", millijoules / 1e6);
  if (size >= 1e3) return fmt::format("{:.2f} J", millijoules / 1e3);
  return fmt::format("{:.0f} mJ", millijoules);
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  if (bytes >= 1'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{} B", bytes);
}

double seconds(Duration d) { return seconds_of(d); }

}  // namespace torpor
