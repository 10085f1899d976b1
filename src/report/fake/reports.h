// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <vector>

#include "report/cycle_report.h"

namespace torpor {

// A robot's story for tests and for looking at pages: `healthy` cycles (learning, then
// armed), then a bearing that gets worse until the alarm. On the way one late cycle, one
// skipped slot, queue drops and one cycle whose compute device stayed resident. Seeded:
// the same arguments give the same reports on every host.
struct StoryForTest {
  std::uint64_t healthy = 600;
  std::uint64_t damaged = 120;
  std::uint64_t learning = 240;  // of the healthy ones
  bool with_trouble = true;      // late cycle, skip, drops, residency breach
  std::uint64_t seed = 1;
};
std::vector<CycleReport> reports_for_test(const StoryForTest& story = {});

// A report whose every field is arbitrary within its type. For round trips.
CycleReport arbitrary_report_for_test(std::uint64_t seed);

}  // namespace torpor
