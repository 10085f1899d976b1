// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/breach_text.h"

#include <algorithm>
#include <cmath>

#include "base/assertion.h"

namespace torpor {
namespace {

// The vocabulary of the `words` column.
// Words, not arithmetic: what is not finite reads as 0, and whole units are enough.
std::int64_t whole(double value) { return std::isfinite(value) ? std::llround(value) : 0; }
std::int64_t ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

// "infer 1200", in mJ.
FixedString<32> dearest(const PhaseMillijoules& energy) {
  // The phase to look at first: where most of the energy went.
  const auto most = std::max_element(energy.begin(), energy.end());
  FixedString<32> text(name(static_cast<Phase>(most - energy.begin())));
  return text << " " << whole(*most);
}

FixedString<96> stopped(const CycleReport& r) {
  FixedString<96> text("stopped");
  if (r.stopped_for == "early")
    return text << ": asked for a window again after " << ms(r.stopped_after) << " ms";
  if (r.stopped_for == "flood") return text << ": flooded the link for " << ms(r.stopped_after) << " ms";
  return text << " after " << ms(r.stopped_after) << " of " << r.contract.awake_limit_ms << " ms awake";
}

FixedString<96> asked_early(const CycleReport& r) {
  if (r.stopped_after != Duration::zero()) return stopped(r);
  return FixedString<96>("sample: the sampler refused the window, its time has not come");
}

}  // namespace

FixedString<160> breach_text(Breach breach, const CycleReport& r) {
  FixedString<160> w;
  switch (breach) {
#define TORPOR_BREACH(bit, name, kind, meaning, words) \
  case Breach::name:                                   \
    words;                                             \
    break;
#include "report/breaches.def"
  }
  TORPOR_ASSERT(!w.empty(), "report.a_breach_says_something");
  return w;
}

FixedString<96> drop_text(const DropCounts& drops) {
  FixedString<96> text;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (drops[i] == 0) continue;
    text << (text.empty() ? "" : ", ") << drops[i] << " by " << name(static_cast<DropReason>(i));
  }
  return text;
}

}  // namespace torpor
