// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/transport.h"

namespace torpor {

std::string_view name(Answer answer) {
  constexpr std::string_view kNames[] = {"taken", "refused", "unavailable", "unreachable"};
  return kNames[static_cast<std::size_t>(answer)];
}

}  // namespace torpor
