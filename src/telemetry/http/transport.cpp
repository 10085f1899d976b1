// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/http/transport.h"

namespace torpor {

// docs/telemetry.md has the table: refused is for good, so what may mend by waiting is "unavailable".
// 401 and 403 judge who asks, not what is sent: an expired token must cost no cycle.
Answer answer_of(int status) {
  if (status >= 200 && status < 300) return Answer::taken;
  for (const int later : {401, 403, 408, 429})
    if (status == later) return Answer::unavailable;
  return status >= 500 ? Answer::unavailable : Answer::refused;
}

std::string_view name(Answer answer) {
  constexpr std::string_view kNames[] = {"taken", "refused", "unavailable", "unreachable"};
  return kNames[static_cast<std::size_t>(answer)];
}

}  // namespace torpor
