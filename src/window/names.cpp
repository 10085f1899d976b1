// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "window/window.h"

namespace torpor {

std::string_view name(DropReason reason) {
  constexpr std::string_view kNames[kDropReasons] = {"depth", "bytes", "age", "gap", "epoch"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view name(WindowQuality quality) {
  constexpr std::string_view kNames[kWindowQualities] = {"good",  "incomplete", "not_a_number",
                                                         "stuck", "wrong_rate", "saturated"};
  return kNames[static_cast<std::size_t>(quality)];
}

}  // namespace torpor
