// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "base/result.h"
#include "report/cycle_report.h"

namespace torpor {

// Who is told what the detector has done. torpord writes the record log and the rollback counter
// here. A failure of storage (is_storage_failure) is reported by the next records and costs
// nothing else; any other error ends the detector with that error's exit code.
class DutyListener {
 public:
  virtual ~DutyListener() = default;
  // Both roles obey the same contract. Once per process.
  virtual Status agreed() = 0;
  // A cycle is over and this is all that is left of it. Its record is durable where this returns
  // well; it is told in any case.
  virtual Status reported(const CycleReport& report) = 0;
  // What else the cycle changes once it was reported. `recorded`: its record is durable.
  virtual Status finished([[maybe_unused]] bool recorded) { return {}; }
  // All that the cycle leaves is durable and the device is released: the last moment awake. What
  // may take time belongs here; it counts as awake, in the report phase.
  virtual void about_to_sleep() {}
};

}  // namespace torpor
